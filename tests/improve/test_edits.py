"""Planted truth through the whole story of a screening search: confirmed, written, reported; within any budget."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest

from promptci.commands.optimize import optimize
from promptci.report.searched import Search
from tests.conftest import Repo

HELP = {"apple": 0.12, "brick": 0.12, "cloud": 0.1}
EDITS = "ADD: Mind the {0}.\nADD: Think of the {1}.\nADD: Hold the {2}.\nADD: Be kind to the {3}."
WORDS = ("apple", "drum", "brick", "eagle", "cloud", "fence", "grape", "house", "ivory", "joker", "kettle", "lemon")


def chance(*names: object) -> float:
    return int.from_bytes(hashlib.sha256(repr(names).encode()).digest()[:6], "big") / 2**48


def world(effects: dict[str, float]) -> Callable[[str, int], str]:
    """A scorer that is right on 55 % of the cases, and on more under sentences with the words of `effects`."""

    def score(text: str, sample: int) -> str:
        case = text.rsplit("number ", 1)[1].split()[0]
        share = 0.55 + sum(worth for word, worth in effects.items() if word in text)
        return "yes" if (chance(case) < share) != (chance(case, text, sample) < 0.03) else "no"

    return score


def edits(text: str, sample: int) -> str:
    at = sample * 4 % len(WORDS)
    return EDITS.format(*(WORDS + WORDS)[at : at + 4])


def searched(repo: Repo, effects: dict[str, float], **options: object) -> Search:
    repo.model.score, repo.model.propose = world(effects), edits
    found = optimize(repo.options(**options), strategy="edits", mode="write").prompts[0].search
    assert found is not None
    return found


def test_planted_edits_are_confirmed_and_written(repo: Repo) -> None:
    found = searched(repo, HELP, max_calls=1500, seed=1)
    assert (found.outcome, len(repo.model.asked) <= 1500) == ("improved", True)
    text = (repo.path / "prompts/say.md").read_text(encoding="utf-8")
    kept = [w for w in WORDS if w in text]
    assert set(HELP) <= set(kept)
    assert len(kept) <= 5
    assert {e.after for e in found.edits} >= {"Mind the apple."}
    assert all(e.ci is not None and e.effect is not None and e.ci[0] < e.effect < e.ci[1] for e in found.edits)
    assert found.headline is not None
    assert found.headline.conditional
    assert found.headline.text == "confirmed better"
    assert found.headline.ci is not None
    assert found.headline.ci[0] <= 0.34 <= found.headline.ci[1] + 0.1


def test_the_phases_add_up_to_what_was_sent_and_what_was_left(repo: Repo) -> None:
    found = searched(repo, HELP, max_calls=1500)
    sent = {p.name: p.calls for p in found.phases}
    assert sum(n for name, n in sent.items() if name != "unused") == len(repo.model.asked)
    assert sum(sent.values()) == 1500
    assert {p.name: p.planned for p in found.phases}["confirmation"] <= 500  # type: ignore[operator]  # planned


def test_where_nothing_helps_nothing_is_written(repo: Repo) -> None:
    before = (repo.path / "prompts/say.md").read_bytes()
    assert searched(repo, {}, max_calls=1200).outcome in ("no_change", "inconclusive")
    assert (repo.path / "prompts/say.md").read_bytes() == before


@pytest.mark.parametrize("cap", [300, 450, 600, 1000])
def test_every_budget_from_300_calls_on_tries_something(cap: int, repo: Repo) -> None:
    found = searched(repo, HELP, max_calls=cap)
    assert found.outcome != "stopped"
    assert next(p.calls for p in found.phases if p.name == "screening") > 60
    assert len(repo.model.asked) <= cap


def test_most_cases_are_held_out_for_a_screening_and_a_ledger_keeps_the_share_that_it_began_with(repo: Repo) -> None:
    searched(repo, HELP, max_calls=1500)
    (line,) = (repo.path / ".promptci/ledger/say.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["share"] == 0.7
    repo.git("checkout", "--", "prompts/say.md")
    repo.model.propose = lambda text, sample: "<INS>Say the word, and mind the apple.\n\nInput: {{ input }}</INS>"
    optimize(repo.options(max_calls=1500), strategy="opro")
    lines = (repo.path / ".promptci/ledger/say.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["share"] for line in lines] == [0.7] * len(lines)


def test_refused_proposals_come_with_an_example(repo: Repo) -> None:
    repo.model.score = world(HELP)
    repo.model.propose = lambda text, sample: edits(text, sample) if sample % 2 else "I am not able to do that, sorry"
    found = optimize(repo.options(max_calls=900), strategy="edits").prompts[0].search
    assert found is not None
    unread = next(r for r in found.refusals if r.reason.startswith("unreadable"))
    assert "sorry" in unread.example
    assert unread.count == found.rejected[unread.reason] > 0


def test_several_prompts_share_the_budget(repo: Repo) -> None:
    repo.write("prompts/tell.md", "Tell the word.\n\nInput: {{ input }}\n")
    settings = (repo.path / "promptci.yaml").read_text(encoding="utf-8")
    more = "  - {id: tell, file: prompts/tell.md, cases: evals/say.jsonl}\nsearch:"
    repo.write("promptci.yaml", settings.replace("search:", more))
    repo.model.score, repo.model.propose = world(HELP), edits
    both = optimize(repo.options(max_calls=1800), strategy="edits").prompts
    assert [p.search.outcome for p in both if p.search] == ["improved", "improved"]
    assert len(repo.model.asked) <= 1800


@pytest.mark.parametrize(("goal", "word"), [("accuracy", "better"), ("length", "shorter")])
def test_a_budget_that_is_too_small_says_what_was_to_be_confirmed(goal: str, word: str, repo: Repo) -> None:
    settings = (repo.path / "promptci.yaml").read_text(encoding="utf-8")
    settings = settings.replace("strategy: mix", "strategy: edits")
    repo.write("promptci.yaml", settings.replace("search: {", f"search: {{goal: {goal}, "))
    found = searched(repo, HELP, max_calls=70)
    assert found.stop_kind == "budget"
    assert f"confirming a {word} prompt takes" in found.stop_reason
    assert repo.model.asked == []
