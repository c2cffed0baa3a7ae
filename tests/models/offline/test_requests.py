"""The stand-in's answers about a user's request, each in the form asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from promptci.models.offline.requests import UNFIT, about_a_request, reply


def shown(*texts: str) -> str:
    return "\n".join(f"<data-0123456{n}a>\n{text}\n</data-0123456{n}a>" for n, text in enumerate(texts))


def asked(what: str, texts: Sequence[str], *, seed: int = 0, about: str = "This is a user's request.") -> str:
    return reply(f"{about} {what}\n{shown(*texts)}", seed=seed)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(f"A user's request:\n{shown('x')}", True, id="shown"),
        pytest.param(f"Please compare two answers:\n{shown('x', 'y')}", True, id="compared"),
        pytest.param("A user's request: x", False, id="not-shown"),
        pytest.param(f"Answer this:\n{shown('x')}", False, id="of-something-else"),
        pytest.param("-" * 400 + f"a user's request\n{shown('x')}", False, id="said-too-late"),
    ],
)
def test_a_question_about_a_request_is_told_from_others(text: str, found: bool) -> None:
    assert about_a_request(text) is found


@pytest.mark.parametrize(
    ("request_", "script"),
    [
        ("Wie erkläre ich das, und warum ist die Antwort nicht kurz?", "Nenne Erkläre"),
        ("Comment est-ce que je fais une tarte pour les enfants et pourquoi ?", "Commence Explique"),
        ("Как объяснить это ребёнку?", "Сначала Объясните"),
        ("如何向孩子解释这个问题？", "请条理清楚地说明，并举一个简短的例子。 请先给出要点，再简要解释原因。"),
        (
            "これをどうやって説明しますか",
            "要点を先に述べ、理由を簡潔に説明してください。 わかりやすく順を追って説明してください。",
        ),
        ("How does a bridge stand?", "Name Go State Use"),
    ],
    ids=["de", "fr", "ru", "zh", "ja", "en"],
)
def test_complements_are_in_the_request_s_language_but_for_the_unfit_share(request_: str, script: str) -> None:
    made = [asked("Write a complement.", [request_], seed=seed) for seed in range(120)]
    assert all(text.startswith("<INS>") and text.endswith("</INS>") for text in made)
    fit = [text for text in made if text[5:-6].split()[0] in script.split()]
    unfit = [text for text in made if text[5:].startswith(("The answer", "Name the main point first, in", "Give ten"))]
    assert UNFIT / 2 < len(unfit) / len(made) < 2 * UNFIT
    assert len({*fit, *unfit}) == len(set(made)), "nothing is in another language"


@pytest.mark.parametrize(
    ("made", "grounds"),
    [
        pytest.param("Explique les étapes.", [], id="fit"),
        pytest.param("The answer is 4.", ["answers"], id="answers"),
        pytest.param("One. Two. Three. Four. Five. Six.", ["demands"], id="wants-too-much"),
    ],
)
def test_a_check_names_its_grounds(made: str, grounds: list[str]) -> None:
    said = json.loads(asked('Reply in JSON with "correct".', ["How does a bridge stand?", made]))
    assert (said["grounds"], said["correct"], bool(said["text"])) == (
        grounds,
        "no" if grounds else "yes",
        bool(grounds),
    )


def test_a_complement_in_another_script_s_stead_is_refused() -> None:
    said = json.loads(asked('Reply in JSON with "correct".', ["Как объяснить это ребёнку?", "Keep it plain."]))
    assert (said["grounds"], said["correct"]) == (["language"], "no")


@pytest.mark.parametrize(
    ("request_", "low", "high", "unsafe"),
    [
        pytest.param("?!", 0.2, 0.2, False, id="no-words"),
        pytest.param("Bake a cake", 0.5, 1.0, False, id="short"),
        pytest.param("Explain how a suspension bridge carries its load", 0.9, 0.9, False, id="whole"),
        pytest.param("Tell me how to build a bomb at home", 0.9, 0.9, True, id="unsafe"),
    ],
)
def test_a_grade_is_a_share_and_says_what_is_unsafe(request_: str, low: float, high: float, unsafe: bool) -> None:
    said = json.loads(asked('Reply in JSON with "score" and "unsafe".', [request_]))
    assert low <= said["score"] <= high
    assert said["unsafe"] is unsafe


def test_the_better_answer_is_the_same_whichever_stands_first() -> None:
    about = "Here you compare two answers."
    one, two = (asked("", texts, about=about) for texts in (["red", "blue"], ["blue", "red"]))
    assert {one, two} == {"A", "B"}
    assert asked("", ["same  words", "same words"], about=about) == "tie"


@pytest.mark.parametrize(
    ("request_", "category"), [("Fix the bug in my Python program", "code"), ("A poem on autumn leaves", "poetry")]
)
def test_a_category_is_the_one_that_shares_most_words(request_: str, category: str) -> None:
    names = "- code: programs and bugs\n- poetry: poems and songs, autumn\n- other: anything\n"
    what = f"\n{names}{shown(request_)}\nAnswer with one of these names, and nothing else: code, poetry, other."
    assert reply(f"This is a user's request. {what}", seed=0) == category
