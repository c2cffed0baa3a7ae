"""Metrics of a part of the answer, or of what code makes of it (promptfoo's `transform`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from promptci.core import Case, Json, digest
from promptci.metrics.base import ANY_ANSWER, Answer, Grade, Needs, Question, unknown, wrong
from promptci.metrics.code import Megabytes, PythonFunction, Seconds
from promptci.metrics.group import Group
from promptci.metrics.javascript import JavaScript
from promptci.models.base import Reply
from promptci.options import File
from promptci.untrusted import one_line


@dataclass(frozen=True)
class Transformed(Group):
    """`metrics` grade what JavaScript makes of the answer: `code` in place, or a `file` that exports a function.

    `code: JSON.parse(output).label` grades one field. It knows `output` and `context.vars`, as `javascript` does, and
    runs as apart; `function` names one of several exports, or the function of a Python file. A value that is no text is
    graded as its JSON, and reaches code inside as it is. An answer that it fails on is wrong. `at_least` is as in
    `group`; `seconds` and `memory_mb` are the code's bounds.
    """

    code: str = ""
    file: File | None = None
    function: str = ""
    seconds: Seconds = 5.0
    memory_mb: Megabytes = 2048

    _last: list[tuple[Case, Answer, Answer | Grade]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )  # the one at hand: it is asked for several times

    def __post_init__(self) -> None:
        """Raise ValueError unless there is one of code and file, and for metrics that decide nothing."""
        super().__post_init__()
        _ = self.script

    @property
    def script(self) -> JavaScript | PythonFunction:
        """What runs."""
        if self.file is not None and self.file.path.endswith(".py") and not self.code:
            return PythonFunction(
                file=self.file,
                function=self.function or "get_transform",
                seconds=self.seconds,
                memory_mb=self.memory_mb,
            )
        return JavaScript(
            code=self.code, file=self.file, function=self.function, memory_mb=self.memory_mb, seconds=self.seconds
        )

    @property
    def version(self) -> str:
        """The rule with the code and the metrics."""
        return f"transformed/1 {digest([self.script.version, super().version])[:16]}"

    @property
    def needs(self) -> Needs:
        """Code, and what any of its metrics needs."""
        return self.script.needs | super().needs

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError where the code cannot run, and for cases that one of the metrics could never grade."""
        self.script.refuse(cases, place)
        super().refuse(cases, place)

    def questions(self, case: Case, answer: Answer) -> tuple[Question, ...]:
        """Return what its metrics ask about what is made of the answer; nothing where nothing is."""
        made = answer if answer is ANY_ANSWER else self.made(case, answer)
        return () if isinstance(made, Grade) else super().questions(case, made)

    def read(self, case: Case, answer: Answer, replies: Sequence[Reply]) -> Grade:
        """Return the grade of what is made of the answer."""
        made = self.made(case, answer)
        return made if isinstance(made, Grade) else super().read(case, made, replies)

    def made(self, case: Case, answer: Answer) -> Answer | Grade:
        """Return the answer as the code leaves it, or the grade of one that it fails on."""
        for known, given, made in self._last:
            if known is case and given is answer:
                return made
        found = self._run(case, answer)
        self._last[:] = [(case, answer, found)]
        return found

    def _run(self, case: Case, answer: Answer) -> Answer | Grade:
        said = self._said(case, answer)
        value = said.get("value")
        if value is None:
            why = one_line(str(said.get("failed", "it gives nothing")))[:200]
            begun = said.get("begun", True)
            return wrong(f"the transform fails on it: {why}") if begun else unknown("code_failed", why)
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return replace(answer, text=text, tool_calls=(), value=None if isinstance(value, str) else value)

    def _said(self, case: Case, answer: Answer) -> Mapping[str, Json]:
        """What the code makes of an answer as `value`, else why not, and whether it had `begun`."""
        script = self.script
        if isinstance(script, PythonFunction):
            ran = script.ran(case, answer)
            return {"failed": ran.problem, "begun": ran.raised} if ran.problem else {"value": ran.value}
        ran = script.ran(case, answer, making=True)
        whole = ran.problem is None and isinstance(ran.value, dict)
        return ran.value if whole else {"failed": ran.problem, "begun": False}
