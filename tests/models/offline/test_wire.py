"""The stand-in's answers as bodies, in process: caps in both names, echoes, choices, vectors in both forms."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest

from promptci.models.offline.brain import tokens
from promptci.models.offline.embedder import DIM, embed
from promptci.models.offline.likelihood import Token
from promptci.models.offline.wire import BadRequestError, _entry, chat, completion, embeddings, models

ASKED = "Write the sum of the numbers.\n\nInput: 3 4\nOutput:"
BODY = {"model": "offline", "messages": [{"role": "user", "content": ASKED}], "temperature": 0}


def said(**changes: Any) -> Any:
    return chat({**BODY, **changes}, 0)


@pytest.mark.parametrize(
    ("caps", "most"),
    [
        pytest.param({"max_tokens": 1}, 1, id="older"),
        pytest.param({"max_completion_tokens": 1}, 1, id="newer"),
        pytest.param({"max_completion_tokens": None, "max_tokens": 1}, 1, id="newer-null"),
        pytest.param({"max_completion_tokens": 1, "max_tokens": None}, 1, id="older-null"),
        pytest.param({"max_completion_tokens": 1, "max_tokens": 500}, 1, id="newer-wins"),
        pytest.param({"max_tokens": 0}, 0, id="nothing"),
        pytest.param({}, 10**6, id="none"),
    ],
)
def test_a_cap_on_tokens_holds_under_both_names(caps: dict[str, Any], most: int) -> None:
    text = "Explain your reasoning. Answer in a full sentence: is this billing, bug or other?\n\nInput: it broke"
    answer = said(messages=[{"role": "user", "content": text}], response_format={"type": "json_object"}, **caps)
    (choice,) = answer["choices"]
    assert answer["usage"]["completion_tokens"] == tokens(choice["message"]["content"]) <= most
    assert choice["finish_reason"] == ("length" if caps else "stop")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"max_tokens": 1.5}, "max_tokens"), ({"max_completion_tokens": True}, "max_tokens"),
        ({"seed": 1.5}, "seed"), ({"temperature": True}, "temperature"), ({"temperature": -0.1}, "temperature"),
        ({"model": ""}, "model"), ({"stream": True}, "stream"), ({"messages": {}}, "messages"),
        ({"messages": [{"role": "user", "content": "x"}, 5]}, "messages[1]"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0]"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_names_its_field(change: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        said(**change)
    assert caught.value.param == param


def test_choices_are_numbered_and_no_seed_is_seed_0() -> None:
    several = said(n=3, temperature=1)
    assert [choice["index"] for choice in several["choices"]] == [0, 1, 2]
    alone = [said(seed=seed, temperature=1)["choices"][0]["message"] for seed in range(3)]
    assert [choice["message"] for choice in several["choices"]] == alone
    assert said(seed=0) == said(seed=None) == said()
    assert chat({**BODY, "temperature": 1}, 2)["choices"][0]["message"] == alone[2]


@pytest.mark.parametrize(("given", "there"), [(None, False), (False, False), (0, True), (True, True)])
def test_log_probabilities_are_there_when_asked_for(given: Any, there: bool) -> None:
    (choice,) = said(logprobs=given)["choices"]
    assert (choice["logprobs"] is not None) is there
    if there:
        assert "".join(entry["token"] for entry in choice["logprobs"]["content"]) == choice["message"]["content"]


@pytest.mark.parametrize("most", [0, 20])
@pytest.mark.parametrize("echo", [False, True])
def test_a_completion_s_tokens_are_its_text_each_at_its_offset(most: int, echo: bool) -> None:
    (choice,) = completion({"model": "m", "prompt": ASKED, "max_tokens": most, "echo": echo, "logprobs": 1}, 0)[
        "choices"
    ]
    found = choice["logprobs"]
    assert "".join(found["tokens"]) == choice["text"]
    assert choice["text"].startswith(ASKED) is echo
    assert (choice["text"] == ASKED * echo) is (most == 0)
    pieces = zip(found["tokens"], found["text_offset"], strict=True)
    assert all(choice["text"][at : at + len(piece)] == piece for piece, at in pieces)
    assert [n for n, value in enumerate(found["token_logprobs"]) if value is None] == [0] * echo


def test_several_prompts_have_their_choices_in_order() -> None:
    asked = {"model": "m", "prompt": ["One.", "Two."], "n": 2, "echo": True, "max_tokens": 0}
    answer = completion(asked, 0)
    assert [(c["index"], c["text"]) for c in answer["choices"]] == [(0, "One."), (1, "One."), (2, "Two."), (3, "Two.")]
    assert answer["usage"] == {"prompt_tokens": 2, "completion_tokens": 0, "total_tokens": 2}


def test_vectors_as_numbers_and_as_bytes_are_the_same() -> None:
    asked = {"model": "m", "input": ["late parcel", ""]}
    plain, packed = embeddings(asked)["data"], embeddings({**asked, "encoding_format": "base64"})["data"]
    assert [row["index"] for row in plain] == [0, 1]
    assert tuple(plain[0]["embedding"]) == embed("late parcel")
    for row, bytes_ in zip(plain, packed, strict=True):
        assert struct.unpack(f"<{DIM}f", base64.b64decode(bytes_["embedding"])) == pytest.approx(row["embedding"])


def test_the_list_names_the_model_that_answers_say_they_are_of() -> None:
    assert [row["id"] for row in models()["data"]] == [said()["model"]]


@pytest.mark.parametrize("text", [5, None, ["a"], {"a": 1}, True])
def test_a_part_of_a_message_whose_text_is_none_names_the_message(text: Any) -> None:
    part = {"type": "text", "text": text}
    with pytest.raises(BadRequestError, match="a part whose 'text' is no string") as caught:
        chat({"model": "m", "messages": [{"role": "user", "content": [part]}]}, 0)
    assert caught.value.param == "messages[0]"


def test_parts_of_other_kinds_say_nothing_and_texts_are_joined() -> None:
    parts = [
        {"type": "text", "text": "Say "},
        {"type": "image_url", "text": 5},
        "x",
        {"type": "text", "text": "hi"},
        {"type": "text"},
    ]
    whole, parted = (
        chat({"model": "m", "messages": [{"role": "user", "content": content}]}, 0) for content in ("Say hi", parts)
    )
    assert whole == parted


@pytest.mark.parametrize("odd", ["\ud800", "a\udfff b", "\x00", "\U0001f600 e\u0301"], ids=ascii)
def test_tokens_of_any_text_have_their_bytes(odd: str) -> None:
    found = _entry(Token(odd, 0, -1.0))
    assert bytes(found["bytes"]) == odd.encode("utf-8", "surrogatepass")
    assert json.loads(json.dumps(found)) == found
