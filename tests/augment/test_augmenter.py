"""A request on its way: better, or as it was typed; whatever fails, never lost and never changed twice."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from promptci.augment import Augmenter, Improved, ModelSpec, opened
from promptci.augment.litellm_hook import MARK, changed, hook
from promptci.core import Message
from promptci.errors import ConfigError
from promptci.models.base import Failure, Reply, Request
from promptci.models.budget import Limits
from tests.augment.conftest import FIT, Planted, questions
from tests.conftest import ScriptedModel

WHY = "Why is the sky blue?"


def augmenter(planted: Planted, text: str = "version: 1\n", kind: str = "augment", **options: float) -> Augmenter:
    async def answer(request: Request) -> Reply:
        return planted.one(request)

    return Augmenter(questions(text, kind), answer, **options)  # type: ignore[arg-type]  # one of the two kinds


def improved(planted: Planted, text: str, *, file: str = "version: 1\n", kind: str = "augment") -> Improved:
    return asyncio.run(augmenter(planted, file, kind).improve(text))


def test_a_complement_stands_below_the_users_words_which_stay_to_the_letter(planted: Planted) -> None:
    text = "  Why is the sky blue? \n"
    found = improved(planted, text)
    assert found.text == f"{text}\n\n{FIT}"
    assert (found.made, found.category, found.reason) == (FIT, "question", None)


def test_a_rewrite_stands_in_their_place(planted: Planted) -> None:
    planted.made = lambda prompt, sample: "<INS>Explain why the sky is blue.</INS>"
    assert improved(planted, WHY, kind="rewrite").text == "Explain why the sky is blue."
    assert len(planted.asked) == 1  # with one category nobody is asked for it


def _raises(*_: object) -> str:
    raise ValueError("surprise")


@pytest.mark.parametrize(
    ("part", "says", "kind"),
    [
        pytest.param("category", lambda prompt: None, "server", id="category-failed"),
        pytest.param("category", lambda prompt: "cooking", "no_category", id="no-category"),
        pytest.param("made", lambda prompt, sample: None, "server", id="generator-failed"),
        pytest.param("made", lambda prompt, sample: "<INS>a b c</INS><INS>d e f</INS>", "unreadable", id="two-texts"),
        pytest.param("made", lambda prompt, sample: "<INS>The answer is scattering.</INS>", "answers", id="an-answer"),
        pytest.param("made", lambda prompt, sample: "Nenne zuerst das Wichtigste daran.", "language", id="german"),
        pytest.param("made", lambda prompt, sample: "<INS>Mention that 4,000 do it.</INS>", "facts", id="a-fact"),
        pytest.param("made", _raises, "bug", id="a-bug"),
    ],
)  # fmt: skip
def test_what_fails_leaves_the_request_as_it_was_typed(
    planted: Planted, part: str, says: Callable[..., str | None], kind: str
) -> None:
    setattr(planted, part, says)
    one = augmenter(planted)
    found = asyncio.run(one.improve(WHY))
    assert (found.text, found.made) == (WHY, None)
    assert found.reason is not None
    assert found.reason.kind == kind
    assert one.counts == {kind: 1}


def test_a_category_that_is_not_shipped_stays_as_it_is(planted: Planted) -> None:
    found = improved(planted, WHY, file="version: 1\nship: [math]\n")
    assert found.reason is not None
    assert (found.text, found.reason.kind, len(planted.asked)) == (WHY, "not_shipped", 1)


def test_a_slow_model_is_not_waited_for() -> None:
    async def never(request: Request) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    one = Augmenter(questions(), never, timeout_s=0.01)
    found = asyncio.run(one.improve(WHY))
    assert found.text == WHY
    assert one.counts == {"timeout": 1}


def test_nothing_is_changed_twice(planted: Planted) -> None:
    one = augmenter(planted)

    async def twice() -> Improved:
        return await one.improve((await one.improve(WHY)).text)

    again = asyncio.run(twice())
    assert again.text.count(FIT) == 1
    assert one.counts == {"changed": 1, "already": 1}


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param((("user", WHY), ("assistant", "So."), ("user", "shorter")), id="later-turn"),
        pytest.param((("system", "Be kind."),), id="nobody-asks"),
        pytest.param((("user", ""),), id="no-words"),
        pytest.param((("user", WHY), ("tool", "42")), id="tool-result"),
    ],
)
def test_other_chats_are_passed_on(planted: Planted, turns: tuple[tuple[str, str], ...]) -> None:
    messages = tuple(Message(role, text) for role, text in turns)  # type: ignore[arg-type]  # roles
    after, found = asyncio.run(augmenter(planted).chat(messages))
    assert after == messages
    assert found.reason is not None
    assert planted.asked == []


def test_a_chat_of_one_turn_keeps_its_system_message(planted: Planted) -> None:
    messages = (Message("system", "Be kind."), Message("user", WHY))
    after, _ = asyncio.run(augmenter(planted).chat(messages))
    assert after == (messages[0], Message("user", f"{WHY}\n\n{FIT}"))


def test_what_became_of_requests_is_told_with_what_they_waited(planted: Planted) -> None:
    async def answer(request: Request) -> Reply:
        return planted.one(request)

    ticks = itertools.count()
    one = Augmenter(questions(), answer, clock=lambda: float(next(ticks)))
    planted.category = lambda prompt: None if "7" in prompt else "question"

    async def all_of_them() -> None:
        for n in range(10):
            await one.improve(f"Why is the number {n} odd or even?")

    asyncio.run(all_of_them())
    assert one.told() == [
        "9 of 10 requests changed; unchanged: 1 server",
        "added latency: median 1.000 s, 95 % within 1.000 s",
    ]


def file_in(tmp_path: Path, folder: str = "augment") -> Path:
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / "support.yaml"
    path.write_text("version: 1\n", encoding="utf-8")
    return path


def scripted() -> ScriptedModel:
    return ScriptedModel(judge=lambda text: "question", propose=lambda text, sample: f"<INS>{FIT}</INS>")


def test_a_program_opens_one_from_a_file_and_a_model(tmp_path: Path) -> None:
    model = scripted()
    one = opened(file_in(tmp_path), ModelSpec("scripted", base_url="http://127.0.0.1:9/v1"), connect=model.connect)
    assert asyncio.run(one.improve(WHY)).made == FIT
    assert opened(file_in(tmp_path, "rewrite"), ModelSpec("offline")).spec.kind == "rewrite"
    with pytest.raises(ConfigError, match="cannot be read"):
        opened(tmp_path / "augment/none.yaml", ModelSpec("offline"))


def test_a_spent_budget_leaves_requests_as_they_are(tmp_path: Path) -> None:
    model = scripted()
    one = opened(file_in(tmp_path), ModelSpec("scripted"), connect=model.connect, limits=Limits(max_calls=3))

    async def four() -> list[str]:
        found = [await one.improve(f"Why is {n} odd or even?") for n in range(4)]
        return ["changed" if f.reason is None else f.reason.kind for f in found]

    assert asyncio.run(four()) == ["changed", *["budget"] * 3]
    assert len(model.asked) == 3


def test_closing_releases_the_sockets_and_no_task_of_the_program(tmp_path: Path) -> None:
    closed: list[bool] = []

    class Held(ScriptedModel):
        async def close(self) -> None:
            closed.append(True)

    held = Held(judge=lambda text: "question", propose=lambda text, sample: f"<INS>{FIT}</INS>")
    one = opened(file_in(tmp_path), ModelSpec("scripted"), connect=lambda spec: held)

    async def story() -> bool:
        await one.improve(WHY)
        own = asyncio.create_task(asyncio.Event().wait())
        await one.close()
        await asyncio.sleep(0)
        return own.done()

    assert asyncio.run(story()) is False
    assert closed


def test_a_model_that_comes_back_is_asked_again(tmp_path: Path) -> None:
    model = scripted()
    down = True

    class Flaky(ScriptedModel):
        async def send(self, request: Request) -> Reply:
            return Reply(failure=Failure("server", "503"), attempts=1) if down else await model.send(request)

    one = opened(file_in(tmp_path), ModelSpec("scripted"), connect=lambda spec: Flaky())

    async def story() -> list[bool]:
        nonlocal down
        before = [(await one.improve(f"Why is {n} an odd number?")).reason is None for n in range(25)]
        down = False
        return [any(before), (await one.improve(WHY)).reason is None]

    assert asyncio.run(story()) == [False, True]


def data(*contents: object, **more: object) -> dict[str, object]:
    return {"model": "m", "messages": [{"role": "user", "content": c} for c in contents], **more}


def change(planted: Planted, given: dict[str, object]) -> dict[str, object]:
    return asyncio.run(changed(augmenter(planted), given))


def test_litellms_request_is_changed_once_and_marked(planted: Planted) -> None:
    one = augmenter(planted)

    async def twice() -> tuple[dict[str, object], dict[str, object]]:
        first = await changed(one, data(WHY, metadata={"team": "a"}))
        return first, await changed(one, first)

    first, second = asyncio.run(twice())
    assert first["messages"] == [{"role": "user", "content": f"{WHY}\n\n{FIT}"}]
    assert first["metadata"] == {"team": "a", MARK: "changed"}
    assert second is first


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"input": "x"}, id="no-chat"),
        pytest.param(data([{"type": "image_url", "image_url": {}}]), id="a-picture"),
        pytest.param({"messages": ["x"]}, id="no-messages"),
    ],
)
def test_what_is_no_plain_chat_stays_as_it_is(planted: Planted, given: dict[str, object]) -> None:
    assert change(planted, given) is given
    assert planted.asked == []


def test_the_hook_needs_litellm_and_changes_chats_only(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="litellm"):
        hook(augmenter(planted))
    module = type("M", (), {"CustomLogger": type("CustomLogger", (), {})})
    monkeypatch.setattr("promptci.augment.litellm_hook.import_module", lambda name: module)
    made = hook(augmenter(planted))
    before: Callable[..., Coroutine[object, object, dict[str, object]]] = made.async_pre_call_hook

    def called(call_type: str) -> dict[str, object]:
        return asyncio.run(before(user_api_key_dict=None, cache=None, data=data(WHY), call_type=call_type))

    assert called("embeddings") == data(WHY)
    assert called("completion")["metadata"] == {MARK: "changed"}
