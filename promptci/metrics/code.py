"""Metrics of the repository's own: a Python function, or a program in any language.

Their text comes from the revision that the caller reads (`needs.code` tells it that this is code: in a stranger's pull
request the base's, or none). They see the output and the case, and nothing else: `sandbox.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import indent
from typing import Annotated, ClassVar

from promptci.core import Case, Json, Reason
from promptci.errors import DataError
from promptci.metrics import sandbox
from promptci.metrics.base import Answer, Grade, Needs, unknown
from promptci.metrics.form import version_of
from promptci.options import File, Range
from promptci.untrusted import one_line

Seconds = Annotated[float, Range(0.1, 60)]
Megabytes = Annotated[int, Range(64, 4096)]


@dataclass(frozen=True)
class PythonFunction:
    """A function of a Python file: `file: checks.py:grade`, or `file` and `function` apart; or `code` in place.

    It gets the output and the case as a dict. It returns a number from 0 to 1, true or false, None for "cannot tell",
    or a dict with `score` or `pass`, and `reason`. `code` is an expression or a function's body, and knows the two as
    `output` and `context`. It runs apart, with the standard library and what is installed beside promptci:
    no environment, network, new processes or files but its own; `seconds` and `memory_mb` are its bounds.
    """

    file: File | None = None
    function: str = "grade"
    code: str = ""
    seconds: Seconds = sandbox.SECONDS
    memory_mb: Megabytes = sandbox.MEMORY_MB

    graded: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Raise ValueError unless there is one of code and file."""
        if bool(self.code.strip()) == (self.file is not None):
            raise ValueError("needs one of the options 'file' and 'code'")

    @classmethod
    def written(cls, options: Mapping[str, Json]) -> dict[str, Json]:
        """Take `file.py:function` apart."""
        path, colon, function = str(options.get("file", "")).rpartition(":")
        return {**options, "file": path, "function": function} if colon and function.isidentifier() else dict(options)

    @property
    def version(self) -> str:
        """The rule and the file's text."""
        return f"{version_of(self, 'python/1', but=('file', 'code'))} {self._source.text!r}"

    @property
    def needs(self) -> Needs:
        """The file, which is code."""
        return Needs(files=() if self.file is None else (self.file.path,), code=True)

    @property
    def _source(self) -> File:
        """The file; of code in place, one that defines the function with it."""
        if self.file is not None:
            return self.file
        try:
            compile(f"({self.code}\n)", "code", "eval")
            body = f"return ({self.code}\n)"
        except (SyntaxError, ValueError):  # no expression; what is no Python at all is refused before a call
            body = self.code
        return File(f"{self.function}.py", f"def {self.function}(output, context):\n{indent(body, '    ')}\n")

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError for a file that is no Python, or has no such function."""
        del cases
        file = self._source
        try:
            compile(file.text, file.path, "exec")
        except (SyntaxError, ValueError) as problem:
            line = getattr(problem, "lineno", None)
            where = place if self.file is None else f"{file.path}:{line}" if line else file.path
            raise DataError(f"no Python: {problem.args[0]}", place=where) from None
        if f"def {self.function}" not in file.text and f"{self.function} =" not in file.text:
            hint = "name it behind a colon: file: checks.py:grade"
            raise DataError(f"has no function '{self.function}'", place=file.path, hint=hint)

    def grade(self, case: Case, answer: Answer) -> Grade:
        """Return what the function says."""
        return grade_of(self.ran(case, answer))

    def ran(self, case: Case, answer: Answer) -> sandbox.Ran:
        """Run the function on an answer; its value may be any."""
        return sandbox.run(
            self._source,
            given(answer),
            told(case),
            function=self.function,
            seconds=self.seconds,
            memory_mb=self.memory_mb,
        )

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text."""
        return self.grade(case, Answer(output)).value


@dataclass(frozen=True)
class Command:
    """A program: `run: [node]`, `file: checks/grade.js`. It reads {"output", "case"} as JSON and prints its grade.

    The grade is a number from 0 to 1, true, false, null, or {"score": ..., "reason": ...}. It runs apart, as `python`
    does, but may start processes of its own; `seconds` and `memory_mb` are its bounds.
    """

    file: File
    run: tuple[str, ...] = field(default_factory=tuple)
    seconds: Seconds = sandbox.SECONDS
    memory_mb: Megabytes = 2048

    graded: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Raise ValueError without a program."""
        if not self.run:
            raise ValueError("needs the option 'run', the program that runs the file, such as [node] or [python3, -I]")

    @property
    def version(self) -> str:
        """The rule, the program and the file's text."""
        return f"command/1 {list(self.run)} {self.file.text!r}"

    @property
    def needs(self) -> Needs:
        """The file, which is code."""
        return Needs(files=(self.file.path,), code=True)

    def grade(self, case: Case, answer: Answer) -> Grade:
        """Return what the program says."""
        ran = sandbox.run(
            self.file, answer.text, told(case), argv=self.run, seconds=self.seconds, memory_mb=self.memory_mb
        )
        return grade_of(ran)

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text."""
        return self.grade(case, Answer(output)).value


def given(answer: Answer) -> Json:
    """Return what grading code is given as the output: the text, or the value that a transform made of it."""
    return answer.text if answer.value is None else answer.value


def told(case: Case) -> dict[str, Json]:
    """Return what grading code sees of a case."""
    return {"id": case.id, "vars": dict(case.vars), "expected": case.expected, "tags": list(case.tags)}


def grade_of(ran: sandbox.Ran) -> Grade:
    """Return what grading code said as a grade; what is none is unmeasured, with the reason."""
    if ran.problem is not None:
        return unknown("code_failed", one_line(ran.problem)[:200])
    value, reason = ran.value, None
    if isinstance(value, Mapping):
        if "failed" in value:
            return unknown("code_failed", one_line(str(value["failed"]))[:200])
        value, reason = value.get("pass", value.get("score")), value.get("reason")
    said = one_line(str(reason))[:200] if reason is not None else None
    if value is None:
        return unknown("code_cannot_tell", said or "the grading code cannot tell")
    if not isinstance(value, bool | int | float) or not 0 <= value <= 1:
        return unknown("code_out_of_range", f"the grading code returned {one_line(repr(value))[:80]}, not 0 to 1")
    return Grade(float(value), None if said is None else Reason("said", said))
