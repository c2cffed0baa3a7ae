"""A program as a model, and a case as what it is sent: what the door asks in the place of a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from promptci.core import Case, Json, Message
from promptci.models.base import Client, ModelSpec, Request
from promptci.prompts.conversation import Conversation
from promptci.prompts.render import Names
from promptci.targets.program import Program

_NOTHING = Program((), {})


@dataclass(frozen=True, slots=True)
class ProgramSpec(ModelSpec):
    """A program as a model: its revision is its address, so that answers of two revisions never mix.

    `lane` is the address under which a run keeps it: a search's candidates share that of the program they change.
    """

    program: Program = _NOTHING
    lane: str = ""

    def client(self) -> Client:
        """Return what carries cases to it, and to every program that shares its lane."""
        from promptci.targets.revisions import Revisions

        return Revisions(_program_of)

    def with_files(self, changed: Mapping[str, bytes]) -> ProgramSpec:
        """Return the program with other contents of some files, by their paths from the repository's top."""
        return self._of(self.program.with_files(changed))

    def without(self, path: str) -> ProgramSpec:
        """Return the program without a file, by its path from the repository's top."""
        return self._of(self.program.without(path))

    def _of(self, program: Program) -> ProgramSpec:
        return replace(self, program=program, base_url=_address(program))


def _program_of(request: Request) -> Program:
    if not isinstance(request.spec, ProgramSpec):
        raise TypeError("only a program is asked here")
    return request.spec.program


def _address(program: Program) -> str:
    return f"program:{program.name}"


def spec_of(program: Program, configured: ModelSpec) -> ProgramSpec:
    """Return the program as a model. Price and limits are those of the settings: the program calls that model."""
    return ProgramSpec(
        model=" ".join(program.command),
        base_url=_address(program),
        api_key_env=configured.api_key_env,
        temperature=None,
        max_tokens=configured.max_tokens,
        price=configured.price,
        seed=None,
        deadline_s=1000 * program.limit_s,  # the client's own limits come first: it knows what else the program does
        program=program,
        lane=_address(program),
    )


@dataclass(frozen=True)
class CaseLines(Conversation):
    """What a program is sent: the case as JSON. It takes what it needs, so no variable is asked for."""

    @cached_property
    def variables(self) -> Names:
        """None: only the program knows."""
        return frozenset()

    @cached_property
    def optional(self) -> Names:
        """None: only the program knows."""
        return frozenset()

    def messages(self, case: Case) -> tuple[Message, ...]:
        """Return the case as one message: {"vars": ..., "messages": [...]} without id and expected answer."""
        asked: dict[str, Json] = {"vars": dict(case.vars)}
        if case.messages:
            asked["messages"] = [
                {"role": m.role, "content": m.content, **({"pictures": m.pictures} if m.pictures else {})}
                for m in case.messages
            ]
        return (Message("user", json.dumps(asked, ensure_ascii=False, sort_keys=True)),)

    def with_text(self, text: str) -> Conversation:  # noqa: ARG002  # as every conversation has it
        """Raise TypeError: the text is in a file that the program reads itself, so the program changes with it."""
        raise TypeError("a program has no text of its own: change its files")
