"""Section `prompts`: each prompt, its eval set, how an answer is judged and when a change is blocked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import StringConstraints, field_validator, model_validator

from promptci.config.base import FILE, WORDED, Settings, Share, guess, mistake, path_inside
from promptci.config.gate import GateSettings
from promptci.config.metrics import check_metric
from promptci.core import Json
from promptci.errors import ConfigError
from promptci.metrics import METRICS
from promptci.metrics.base import Metric

# Ids become parts of branch and file names: no two dots in a row, none at either end (git check-ref-format).
ID = r"^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$"
Id = Annotated[str, StringConstraints(pattern=ID, max_length=100)]


class PromptSettings(Settings):
    """One prompt: its file, its eval set, how an answer is judged and when a change is blocked."""

    id: Id = ""
    file: Annotated[str, StringConstraints(min_length=1)]
    cases: Annotated[str, StringConstraints(min_length=1)]
    metric: str | dict[str, Json] = "exact"
    gate: GateSettings = GateSettings()
    target: Share | None = None

    @model_validator(mode="before")
    @classmethod
    def _named_by_file(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("id") or not isinstance(given.get("file"), str):
            return given
        name = PurePosixPath(given["file"]).name
        if not name:
            return given
        if not re.fullmatch(ID, name.split(".")[0]):
            raise mistake(f"no id can be made of the file name '{name}'", f"add an 'id': {WORDED['id']}")
        return {**given, "id": name.split(".")[0]}

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

    @field_validator("metric", mode="before")
    @classmethod
    def _known_metric(cls, given: Any) -> Any:
        name = given.get("name") if isinstance(given, dict) else given
        if not isinstance(name, str):
            raise mistake("'metric' must be a name, or a mapping with its 'name' and options")
        if name not in METRICS:
            raise mistake(f"unknown metric '{name}'", guess(name, METRICS))
        if isinstance(given, dict):
            check_metric(name, {key: value for key, value in given.items() if key != "name"})
        if isinstance(given, dict) and name == "judge" and "prompt" in given:
            return {**given, "prompt": path_inside(given["prompt"], at=("prompt",))}
        return given

    def judged_by(self, read: Callable[[str], str]) -> Metric:
        """Build the metric with its options; raise ConfigError for a value that an option cannot have.

        The judge's option `prompt` is a path, whose text `read` gives.
        """
        if isinstance(self.metric, str):
            return METRICS[self.metric]()
        options = {key: value for key, value in self.metric.items() if key != "name"}
        if self.metric["name"] == "judge" and "prompt" in options:
            options["prompt"] = read(options["prompt"])
        try:
            return METRICS[self.metric["name"]](**options)
        except (TypeError, ValueError) as problem:
            raise ConfigError(f"metric '{self.metric['name']}': {problem}", place=FILE) from None

    @property
    def wanted(self) -> float:
        """The score below which a push to the default branch starts a search: `target`, else `min_score`, else .95."""
        return self.target or self.gate.min_score or 0.95
