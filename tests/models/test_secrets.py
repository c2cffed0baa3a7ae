"""A key is in nothing that is written or shown."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.models.secrets import Redactor, secrets_of

from .conftest import spec_at
from .faultserver import Asked, Fault, FaultServer, chat, http, says

KEY = 'sk-canary+/"Zx9-0123456789/abc+def=='


WHOLE = [KEY, quote(KEY), quote(KEY, safe=""), quote_plus(KEY), json.dumps(KEY)[1:-1]]
CODED = [base64.b64encode(b"x" * offset + KEY.encode()).decode() for offset in range(3)]


@settings(max_examples=50)
@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from(WHOLE + CODED))
def test_no_form_of_a_key_survives(before: str, after: str, form: str) -> None:
    for mask in (Redactor([KEY]), Redactor([KEY]).strictly):
        assert form[8:-8] not in mask(before + form + after)


@settings(max_examples=50)
@given(st.binary(max_size=7), st.binary(max_size=7))
def test_a_key_inside_other_base64_is_masked(before: bytes, after: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(before + KEY.encode() + after).decode()
        assert "[key]" in Redactor([KEY])(text)


@pytest.mark.parametrize("start", range(0, len(KEY) - 8, 3))
def test_a_piece_of_a_key_is_masked_in_what_is_said_of_errors(start: int) -> None:
    piece = KEY[start : start + 8]
    assert piece not in Redactor([KEY]).strictly(f"wrong key {piece} given")


@pytest.mark.parametrize("told", ["sk-proj-abc123", "ab**********yz", "key: ****9999", "sk-ab***yz, try again"])
def test_half_hidden_keys_are_hidden_whole(told: str) -> None:
    assert "[key]" in Redactor([]).strictly(f"Incorrect API key provided: {told}.")
    assert "9999" not in Redactor([]).strictly(told)


@pytest.mark.parametrize("text", ["", "nothing to hide", "a * b ** c"])
def test_honest_text_stays(text: str) -> None:
    assert Redactor([KEY]).strictly(text) == Redactor([KEY])(text) == text


def test_a_placeholder_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    assert secrets_of([spec_at("http://user:hunter2-long@h/v1")]) == ["hunter2-long"]


def test_a_redactor_shows_nothing_of_what_it_hides() -> None:
    assert "canary" not in repr(Redactor([KEY])) + str(vars(Redactor([KEY])).keys())


def indiscreet(asked: Asked) -> Fault | None:
    """A server that quotes the key it was given: whole, cut, half hidden, in headers of its own, in its answers."""
    key = asked.headers["authorization"].removeprefix("Bearer ")
    number = int(asked.text.split()[-1])
    faults: list[Fault | None] = [
        None,
        says(503, f"upstream refused key {key}"),
        says(503, f"upstream refused {base64.b64encode(key.encode()).decode()} {quote(key)} {json.dumps(key)}"),
        says(429, f"too many for {key[:12]}...", f"x-key: {quote(key)}"),
        says(400, f"Bad header: Bearer {key[5:20]}"),
    ]
    return faults[number % 5] if asked.times == 0 else None


def leaky(asked: Asked) -> dict[str, object]:
    key = asked.headers["authorization"].removeprefix("Bearer ")
    return chat(asked, f"You said {key} and {base64.b64encode(key.encode()).decode()}", finish_reason=f"stop {key}")


SCRIPT = """
import json, logging, sys
from dataclasses import asdict
from pathlib import Path
logging.basicConfig(level=logging.DEBUG)
from promptci.models.budget import Budget
from promptci.models.cache import Cache
from promptci.models.door import Door
from tests.models.conftest import HASTY, asks, spec_at
folder = Path(sys.argv[2])
spec = spec_at(sys.argv[1])
door = Door(budget=Budget(), cache=Cache(folder / "cache"), policy=HASTY, concurrency=16)
replies = door.ask_all(asks(spec, 500))
(folder / "report").write_text(json.dumps([asdict(reply) for reply in replies]))
print(door.notes, door.stopped, door.spent, spec, repr(vars(door)), sum(reply.failure is None for reply in replies))
door._account.cache.export(folder / "export")
class Boom(Exception): pass
def each(index, reply):
    raise Boom(reply)
door.ask(asks(spec, 1, sample=1), each)
"""


@pytest.fixture
def produced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Everything that a run of 500 cases in debug mode and its crash leave behind, on disk and on the terminal."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FaultServer(indiscreet, leaky) as server:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, server.url, str(tmp_path)],
            capture_output=True,
            check=False,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "OPENAI_LOG": "debug"},
        )
    assert done.returncode == 1
    assert b"Boom" in done.stderr
    assert b" 400\n" in done.stdout, "four in five were answered"
    return [done.stdout, done.stderr, *(path.read_bytes() for path in tmp_path.iterdir())]


def test_a_canary_key_is_in_nothing_that_a_run_and_its_crash_leave(produced: list[bytes]) -> None:
    assert len(produced) >= 5
    assert any(b"[key]" in text for text in produced)
    for text in produced:
        for form in WHOLE + CODED:
            assert form[8:-8].encode() not in text
        for start in range(4, len(KEY) - 8):
            assert KEY[start : start + 8].encode() not in text


def test_bytes_that_are_not_text_do_not_hide_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    from .test_openai import one

    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    async def fault(asked: Asked, writer: object) -> None:
        writer.write(http(200, b"\xff" + KEY.encode()))  # type: ignore[attr-defined]  # a StreamWriter

    with FaultServer(lambda asked: fault) as server:
        failure = one(server).failure
    assert failure is not None
    assert "canary" not in failure.detail
