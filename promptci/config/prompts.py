"""Section `prompts`: each prompt, its eval set, how an answer is judged and when a change is blocked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from promptci.config.answer import AnswerSettings, JudgeSettings
from promptci.config.base import FILE, WORDED, Settings, Share, Word, mistake, path_inside
from promptci.config.gate import GateSettings
from promptci.config.metrics import checked_metric
from promptci.config.models import PromptModelSettings
from promptci.config.names import NAME, is_pattern, name_of
from promptci.core import Case, Json, Style
from promptci.metrics.build import build
from promptci.metrics.combined import Combined
from promptci.metrics.github import metrics_of

# Ids become parts of branch and file names: no two dots in a row, none at either end (git check-ref-format).
ID = r"^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$"
LONGEST = 100  # characters of an id
WITH_CASES = (".prompt.yml", ".prompt.yaml")  # these bring rows of their own, under `testData`
Id = Annotated[str, StringConstraints(pattern=ID, max_length=LONGEST)]


class PromptSettings(Settings):
    """One prompt: its file, its eval set, how an answer is judged and when a change is blocked."""

    id: Id = ""
    run: Annotated[tuple[Word, ...], Field(min_length=1, strict=False)] | None = None
    files: Annotated[tuple[Word, ...], Field(min_length=1, strict=False)] | None = None
    file: Annotated[str, StringConstraints(min_length=1)]
    cases: Annotated[str, StringConstraints(min_length=1)]
    metric: str | dict[str, Json] = "exact"
    metrics: tuple[str | dict[str, Json], ...] = Field(default=(), strict=False)
    combine: Literal["all", "mean"] = "all"
    answer: AnswerSettings = AnswerSettings.model_construct()
    judge: JudgeSettings = JudgeSettings.model_construct()
    rewrite: str | Annotated[int, Field(ge=1)] | None = None
    template: Style | None = None
    model: PromptModelSettings = PromptModelSettings.model_construct()
    gate: GateSettings = GateSettings.model_construct()
    target: Share | None = None
    without: bool | str = False

    @model_validator(mode="before")
    @classmethod
    def _named_by_file(cls, given: Any) -> Any:
        given = _first_of_files(given)
        if not isinstance(given, dict) or not isinstance(given.get("file"), str):
            return given
        if "cases" not in given and given["file"].endswith(WITH_CASES):
            given = {**given, "cases": given["file"]}
        if is_pattern(given["file"]):
            return given
        name = name_of(given["file"])
        if isinstance(given.get("cases"), str):
            given = {**given, "cases": given["cases"].replace(NAME, name)}
        if given.get("id") or not name:
            return given
        if not re.fullmatch(ID, name):
            name = PurePosixPath(given["file"]).name
            raise mistake(f"no id can be made of the file name '{name}'", f"add an 'id': {WORDED['id']}")
        return {**given, "id": name}

    @model_validator(mode="after")
    def _one_id_for_one_file(self) -> PromptSettings:
        if not self.id and not is_pattern(self.file):  # nothing is left of `.md` without its ending
            name = PurePosixPath(self.file).name
            raise mistake(f"no id can be made of the file name '{name}'", f"add an 'id': {WORDED['id']}")
        if self.id and is_pattern(self.file):
            raise mistake("one 'id' for a pattern of files", "leave it out: each file names its own", at=("id",))
        return self

    @field_validator("files")
    @classmethod
    def _files_inside(cls, given: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for n, path in enumerate(given or ()):
            if is_pattern(path):
                raise mistake(f"a pattern among a program's files: {path!r}", "name each file", at=(n,))
        return given and tuple(path_inside(path, at=(n,)) for n, path in enumerate(given))

    @model_validator(mode="after")
    def _a_program_reads_its_files_itself(self) -> PromptSettings:
        if not self.run:
            return self
        if "template" in self.model_fields_set:
            raise mistake("'template' has no effect on a program", "it reads its files itself", at=("template",))
        if self.rewrite is not None and str(self.rewrite).partition("::")[0] not in (self.files or ()):
            hint = "one of its 'files', and what in it: tools.json::0.description"
            raise mistake("'rewrite' of a program names no file under test", hint, at=("rewrite",))
        return self

    @model_validator(mode="after")
    def _without_what(self) -> PromptSettings:
        if self.run and self.without is not False and self.without not in (self.files or ()):
            problem = "'without' of a program names no file under test"
            raise mistake(problem, "one of the program's 'files'", at=("without",))
        if not self.run and not isinstance(self.without, bool):
            problem = "'without' of a prompt names a file"
            raise mistake(problem, "true: it is the prompt's own text", at=("without",))
        return self

    @field_validator("id")
    @classmethod
    def _no_lock(cls, given: str) -> str:
        if given.casefold().endswith(".lock"):
            raise mistake(f"the id '{given}' ends in '.lock', which git does not allow in a branch name")
        return given

    @field_validator("file", "cases")
    @classmethod
    def _inside(cls, given: str) -> str:
        return path_inside(given)

    @field_validator("cases")
    @classmethod
    def _filled(cls, given: str) -> str:
        if re.search(r"[{}]", given.replace(NAME, "")):
            raise mistake(f"'cases' has braces that are no {NAME}", f"{NAME} stands for the name of the prompt's file")
        return given

    @field_validator("metric", mode="before")
    @classmethod
    def _known_metric(cls, given: Any) -> Any:
        return checked_metric(given)

    @field_validator("metrics", mode="before")
    @classmethod
    def _known_metrics(cls, given: Any) -> Any:
        if not isinstance(given, list) or not given:
            raise mistake("'metrics' must be a list with at least one metric")
        return tuple(checked_metric(one, at=(index,)) for index, one in enumerate(given))

    @model_validator(mode="after")
    def _one_or_several(self) -> PromptSettings:
        if self.metrics and "metric" in self.model_fields_set:
            raise mistake("'metric' and 'metrics' are both given", "write them all under 'metrics'", at=("metric",))
        if len(self.metrics) < 2 and "combine" in self.model_fields_set:
            raise mistake("'combine' has no effect on one metric", "list several under 'metrics'", at=("combine",))
        return self

    @property
    def measured_by(self) -> tuple[str | dict[str, Json], ...]:
        """The metrics as written, one or several."""
        return self.metrics or (self.metric,)

    def judged_by(
        self,
        read: Callable[[str], str],
        cases: Sequence[Case] = (),
        evaluators: Sequence[Mapping[str, Json]] = (),
        shape: Mapping[str, Json] | None = None,
    ) -> Combined:
        """Build the metrics with their options, and those that rows bring. Raises ConfigError, or DataError for a row.

        `read` gives the text of a file that an option names. Where no metric is set, the prompt file's own `evaluators`
        grade, and rows that all bring metrics and no expected answer are graded by these alone. Without either, answers
        to rows that expect none are held to the `shape` (the request's `response_format`) that the prompt asks for.
        """
        given = self.measured_by
        if not self.model_fields_set & {"metric", "metrics"}:
            if evaluators:
                given = tuple(metrics_of(evaluators, self.file))
            elif cases and all(c.asserts and c.expected is None for c in cases):
                given = ()
            elif cases and all(c.expected is None for c in cases):
                given = _of_shape(shape) or given
        return build(given, read, combine=self.combine, cases=cases, place=FILE, rows_place=self.cases)

    @property
    def wanted(self) -> float:
        """The score below which a push to the default branch starts a search: `target`, else `min_score`, else .95."""
        return self.target or self.gate.min_score or 0.95


def _of_shape(shape: Mapping[str, Json] | None) -> tuple[Json, ...]:
    """Return the metric that holds an answer to the JSON that was asked for; nothing where any text will do."""
    if shape is None or shape.get("type") not in ("json_object", "json_schema"):
        return ()
    asked = shape.get("json_schema")
    schema = asked.get("schema") if isinstance(asked, Mapping) else None
    return ({"name": "json_schema", "schema": dict(schema)} if isinstance(schema, Mapping) else {"name": "json"},)


def _first_of_files(given: Any) -> Any:
    """Let a program's first file stand for it where a prompt has its file; a mistake for one without the other."""
    if not isinstance(given, dict) or not ("run" in given or "files" in given):
        return given
    if "files" not in given:
        raise mistake("'run' needs 'files'", "name the files that may be changed: [prompts/agent.md]", at=("run",))
    if "run" not in given:
        raise mistake("'files' needs 'run'", "one prompt has a 'file'; a program, a command", at=("files",))
    if "file" in given:
        raise mistake("'file' and 'run' are both given", "write it under 'files'", at=("file",))
    listed = given["files"]
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], str) else None
    return {**given, "file": first} if first else given
