"""Many revisions of one program: each answers for itself, and only so many processes stay."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from promptci.core import Case, Part, Prompt
from promptci.models.base import ModelSpec, Reply, Request
from promptci.targets import revisions
from promptci.targets.model import CaseLines, ProgramSpec, spec_of
from promptci.targets.revisions import Revisions
from tests.targets.test_process import program

LINES = CaseLines(Prompt("p", "p.md", (Part("system", "text"),)))
BODY = "import os; answer(case, [os.getpid(), open('said.md').read()])"
START = spec_of(program(BODY, beside="said.md"), ModelSpec("m"))


def specs(count: int) -> list[ProgramSpec]:
    return [START.with_files({"said.md": str(n).encode()}) for n in range(count)]


def asked(client: Revisions, each: list[ProgramSpec]) -> list[Reply]:
    async def all_of() -> list[Reply]:
        requests = [Request(spec, "scorer", LINES.messages(Case("c", {"x": n}))) for n, spec in enumerate(each)]
        try:
            return [await client.send(request) for request in requests]
        finally:
            await client.close()

    return asyncio.run(all_of())


def test_processes_that_were_started_again_are_counted_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "MOST", 1)
    dies = spec_of(program("import sys; sys.exit(1) if case.vars['x'] % 2 else answer(case, 'ok')"), ModelSpec("m"))
    client = Revisions(lambda request: request.spec.program)  # type: ignore[attr-defined]  # a program's own spec
    assert client.notes() == []
    asked(client, [dies, dies])
    assert client.notes() == []  # it died and nobody has needed it since
    asked(client, [dies, dies, dies, specs(1)[0], dies])
    assert client.notes() == ["the program was started again once, as it had ended or fallen silent"]


def test_another_file_is_another_address_in_the_same_lane() -> None:
    (other,) = specs(1)
    assert other.base_url != START.base_url
    assert other.lane == START.lane == START.base_url
    assert other.with_files({"said.md": START.program.files["said.md"]}) == START


def test_each_revision_answers_with_its_own_files_and_idle_processes_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "MOST", 2)
    client = START.client()
    assert isinstance(client, Revisions)
    one, two, three = specs(3)
    replies = asked(client, [one, two, one, three, one, two])
    pids, said = zip(*(json.loads(reply.text or "") for reply in replies), strict=True)
    assert said == ("0", "1", "0", "2", "0", "1")
    assert pids[0] == pids[2] == pids[4]  # asked last, so it stayed
    assert pids[1] != pids[5]  # the third took its place
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_revisions_that_are_asked_together_all_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "MOST", 1)
    client, each = START.client(), specs(6)

    async def together() -> list[Reply]:
        requests = [Request(spec, "scorer", LINES.messages(Case("c", {"x": k}))) for k in range(3) for spec in each]
        try:
            return await asyncio.gather(*(client.send(request) for request in requests))
        finally:
            await client.close()

    replies = asyncio.run(together())
    assert [reply.failure for reply in replies] == [None] * 18
