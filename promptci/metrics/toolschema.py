"""Tool calls that fit the tools that were offered: their names, and each one's JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from promptci.core import Case, Json, ToolCall
from promptci.extraction import SlowPattern
from promptci.metrics.base import Answer, Grade, unknown, wrong
from promptci.metrics.extras import package
from promptci.metrics.schema import refuse_schema, unresolved, validator_of
from promptci.untrusted import one_line


@dataclass(frozen=True)
class ToolSchema:
    """The answer calls tools, each by a name that the model was offered and with arguments that fit its JSON Schema.

    `tools` stands in for those that the prompt, or the model's settings, offer. Needs the extra `json`.
    """

    tools: tuple[Mapping[str, Json], ...] = ()

    packages: ClassVar[tuple[tuple[str, str], ...]] = (("jsonschema", "json"),)

    @property
    def version(self) -> str:
        """The rule and its tools."""
        return f"tool_schema/1 {json.dumps(list(self.tools), sort_keys=True)}"

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError for a tool whose schema is none."""
        del cases
        for schema in _schemas(self.tools).values():
            refuse_schema(schema, place)

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 when every call fits, 0 with the first that does not."""
        del case
        known = _schemas(self.tools or answer.tools)
        if not answer.tool_calls:
            return wrong("it calls no tool")
        if not known:
            return unknown("no_tools", "no tools were offered that calls could be held against: name them in `tools`")
        problems = (_problem(call, known) for call in answer.tool_calls)
        found = next((problem for problem in problems if problem is not None), None)
        return Grade(1.0) if found is None else found

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text, which calls nothing."""
        return self.grade(case, Answer(output)).value


def _schemas(tools: Json) -> dict[str, Json]:
    """The schema of each tool's arguments, by its name: tools as chats have them, or functions alone."""
    found: dict[str, Json] = {}
    for one in tools if isinstance(tools, list | tuple) else ():
        function = one.get("function", one) if isinstance(one, Mapping) else None
        if isinstance(function, Mapping) and isinstance(function.get("name"), str):
            found[function["name"]] = function.get("parameters") or {}
    return found


def _problem(call: ToolCall, known: Mapping[str, Json]) -> Grade | None:
    if call.name not in known:
        return wrong(f"it calls {one_line(call.name)[:80]}, which was not offered")
    try:
        arguments = json.loads(call.arguments or "{}")
        errors = validator_of(known[call.name]).iter_errors(arguments)
        problem = package("jsonschema", "json", "tool_schema").exceptions.best_match(errors)
    except (ValueError, RecursionError):
        return wrong(f"the arguments of {call.name} are no JSON")
    except SlowPattern as slow:
        return unknown("slow_pattern", str(slow))
    except unresolved() as lost:
        return unknown("bad_schema", f"the schema cannot be followed: {one_line(str(lost))[:200]}")
    return None if problem is None else wrong(f"{call.name}: {one_line(problem.message)[:200]}")
