"""Pictures from a row or a prompt file to the wire: what is sent, what it may cost, and what is refused."""

from __future__ import annotations

import asyncio

import pytest

from promptci.core import Case, Json, Message, Part, Prompt, case_digest
from promptci.errors import DataError
from promptci.evals import read_cases
from promptci.models import keys, toolcalls
from promptci.models.base import ModelSpec, Request
from promptci.models.budget import MOST_PICTURE, guess, largest_input
from promptci.models.offline.client import OfflineClient
from promptci.pictures import is_address, picture_of
from promptci.prompts import read_prompt, write_prompt
from promptci.prompts.conversation import compile_prompt

DATA, LINK = "data:image/png;base64,iVBORw0KGgo=", "https://example.com/a.png?b=1"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        pytest.param(DATA, True, id="the-picture-itself"),
        pytest.param("data:image/svg+xml;base64,AA", True, id="another-kind"),
        pytest.param(LINK, True, id="https"),
        pytest.param("http://example.com/a.png", False, id="http"),
        pytest.param("file:///etc/passwd", False, id="a-file"),
        pytest.param("pictures/a.png", False, id="a-path"),
        pytest.param("data:text/html;base64,AA", False, id="no-picture"),
        pytest.param("https://", False, id="no-host"),
        pytest.param(f"{LINK} and more", False, id="text-behind-it"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_what_is_an_address(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one


@pytest.mark.parametrize(
    ("part", "found"),
    [
        pytest.param({"type": "image_url", "image_url": {"url": LINK}}, LINK, id="chat-completions"),
        pytest.param({"type": "image_url", "image_url": LINK}, LINK, id="short"),
        pytest.param({"type": "input_image", "image_url": LINK}, LINK, id="responses"),
        pytest.param({"type": "text", "text": "a"}, None, id="text"),
        pytest.param({"type": "image_url", "image_url": {}}, None, id="no-address"),
        pytest.param({"type": "input_audio", "input_audio": {}}, None, id="sound"),
        pytest.param("text", None, id="no-mapping"),
    ],
)
def test_where_a_part_says_its_picture(part: Json, found: str | None) -> None:
    assert picture_of(part) == found


def row(content: str) -> bytes:
    return b'{"messages": [{"role": "user", "content": ' + content.encode() + b'}], "expected": "a"}\n'


PICTURE = f'{{"type": "image_url", "image_url": {{"url": "{DATA}"}}}}'


def test_a_row_may_bring_pictures() -> None:
    (case,) = read_cases("e.jsonl", row(f'[{{"type": "text", "text": "What is it?"}}, {PICTURE}]'))
    assert case.messages == (Message("user", "What is it?", pictures=(DATA,)),)
    (alone,) = read_cases("e.jsonl", row(f"[{PICTURE}]"))
    assert alone.messages == (Message("user", "", pictures=(DATA,)),)
    (plain,) = read_cases("e.jsonl", row('"What is it?"'))
    assert len({case.id, alone.id, plain.id}) == 3
    assert len({case_digest([c]) for c in (case, alone, plain)}) == 3


@pytest.mark.parametrize(
    "content",
    [
        pytest.param('[{"type": "input_audio", "input_audio": {}}]', id="sound"),
        pytest.param(f"[{PICTURE}]".replace(DATA, "a.png"), id="a-path"),
        pytest.param('[{"type": "file", "file": {"file_id": "x"}}]', id="a-file"),
        pytest.param("{}", id="nothing"),
    ],
)
def test_other_parts_of_a_row_are_refused_with_its_line(content: str) -> None:
    with pytest.raises(DataError, match="has a part that cannot be sent") as caught:
        read_cases("e.jsonl", row(content))
    assert caught.value.place == "e.jsonl:1"


WITH = Request(ModelSpec("m"), "scorer", (Message("user", "Hi", pictures=(DATA, LINK)),))
WITHOUT = Request(ModelSpec("m"), "scorer", (Message("user", "Hi"),))


def test_on_the_wire_pictures_are_parts_behind_the_text() -> None:
    assert toolcalls.to_wire(WITH.messages[0]) == {
        "role": "user",
        "content": [
            {"type": "text", "text": "Hi"},
            {"type": "image_url", "image_url": {"url": DATA}},
            {"type": "image_url", "image_url": {"url": LINK}},
        ],
    }
    assert toolcalls.to_wire(Message("user", "", pictures=(LINK,)))["content"] == [
        {"type": "image_url", "image_url": {"url": LINK}}
    ]
    assert toolcalls.to_wire(WITHOUT.messages[0]) == {"role": "user", "content": "Hi"}


def test_another_picture_is_another_question() -> None:
    other = Request(ModelSpec("m"), "scorer", (Message("user", "Hi", pictures=(DATA,)),))
    assert len({keys.canonical(r) for r in (WITH, WITHOUT, other)}) == 3
    assert b"pictures" not in keys.canonical(WITHOUT)


def test_a_picture_is_paid_for_before_it_is_sent() -> None:
    assert largest_input(WITH) - largest_input(WITHOUT) == 2 * MOST_PICTURE
    assert guess(WITH).input_tokens > guess(WITHOUT).input_tokens + 2_000


def test_the_offline_model_says_that_it_sees_none() -> None:
    reply = asyncio.run(OfflineClient().send(WITH))
    assert reply.failure is not None
    assert reply.failure.kind == "bad_request"
    assert "sees no pictures" in reply.failure.detail


def test_a_prompt_with_a_picture_is_another_prompt() -> None:
    digests = {
        compile_prompt(Prompt("p", "p.json", (Part("user", "{{ q }}", pictures=pictures),))).digest
        for pictures in ((), ("{{ image }}",), (LINK,))
    }
    assert len(digests) == 3


def test_a_picture_s_name_is_a_variable_of_the_prompt() -> None:
    text = '{{role "user"}}{{media url=front}}{{media url="https://example.com/b.png"}}{{q}}'
    found = compile_prompt(read_prompt("p", "p.prompt", text.encode()))
    assert found.variables == {"front", "q"}
    (message,) = found.messages(Case("c", {"front": DATA, "q": "x"}))
    assert message == Message("user", "x", pictures=(DATA, "https://example.com/b.png"))


def test_a_search_leaves_the_pictures_where_they_are() -> None:
    text = b'{{role "user"}}\n{{media url=front}}\nOld.\n{{media url=back}}\n'
    assert write_prompt("p.prompt", text, "New.") == text.replace(b"Old.", b"New.")
    with pytest.raises(DataError, match="read back as something else"):
        write_prompt("p.prompt", text, "New. {{media url=other}}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("{{role 'user'}}a {{media url=x}} b", "amid the text", id="amid-the-text"),
        pytest.param("{{role 'user'}}a {{media url=x}} b {{media url=y}}", "amid the text", id="the-first-of-two"),
        pytest.param("{{role 'user'}}{{#if a}}{{media url=x}}{{/if}}b", "inside a block", id="in-a-block"),
        pytest.param("{{role 'user'}}{{media}} a", "names no address", id="no-address"),
    ],
)
def test_pictures_that_cannot_be_placed_are_refused(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_prompt("p", "p.prompt", text.encode())
