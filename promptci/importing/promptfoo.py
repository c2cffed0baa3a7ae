"""promptfoo's configuration (promptfoo.dev/docs/configuration/reference) as ours: prompts, providers, tests.

Prompt files and eval sets that run as they are stay where they are. What has no counterpart is listed with its line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from promptci import yamlfile
from promptci.conflicts import refuse_conflict
from promptci.core import Json
from promptci.errors import DataError
from promptci.evals import read_cases
from promptci.importing.base import Draft, Glob, Imported, Read, name_of
from promptci.importing.providers import scorer_of
from promptci.metrics.promptfoo import NotCarried, metric_of
from promptci.prompts import read_prompt

_READ = (
    "description",
    "prompts",
    "providers",
    "targets",
    "tests",
    "defaultTest",
    "$schema",
    "tags",
    "passRateThreshold",
)
_SCRIPTS = (".js", ".mjs", ".cjs", ".ts", ".py", ".rb", ".go", ".sh")


def from_promptfoo(path: str, read: Read, glob: Glob) -> Imported:
    """Carry a promptfooconfig.yaml. Raises DataError for a file that cannot be read at all."""
    text = (read(path) or b"").decode()
    refuse_conflict(text, path, DataError)
    document = yamlfile.read(text, path, error=DataError, aliases=True)
    if not isinstance(document.value, dict):
        raise DataError("must be a mapping with 'prompts', 'providers' and 'tests'", place=f"{path}:1")
    return _Import(path, document, read, glob).done()


class _Import:
    """One configuration on its way."""

    def __init__(self, path: str, document: yamlfile.Document, read: Read, glob: Glob) -> None:
        self.path, self.document, self.read, self.glob = path, document, read, glob
        self.given: Mapping[str, Any] = document.value
        self.draft = Draft()

    def where(self, *path: str | int) -> str:
        return f"{self.path}:{self.document.line(path)}"

    def done(self) -> Imported:
        """Carry each section in turn."""
        for key in self.given:
            if key not in _READ:
                self.draft.leave(self.where(key), f"'{key}'", _INSTEAD.get(key, "it has no counterpart"))
        self.providers()
        prompts = self.prompts()
        default = self.given.get("defaultTest") or {}
        metrics = self.asserts(default.get("assert") or [], ("defaultTest", "assert"))
        self.refuse_keys(default, ("defaultTest",), ("assert", "vars"))
        cases = self.cases(default.get("vars") or {})
        if cases is None:
            self.draft.leave(self.where("tests"), "there are no test cases", "write an eval set: evals/cases.jsonl")
        elif prompts:
            shared = {"cases": cases, **({"metrics": metrics} if metrics else {}), **self.gate()}
            self.draft.settings["prompts"] = [{"id": name, "file": file, **shared} for name, file in prompts]
        return self.draft.done()

    def gate(self) -> dict[str, Any]:
        """The share of tests that must pass, as the lowest score."""
        wanted = self.given.get("passRateThreshold")
        if isinstance(wanted, bool) or not isinstance(wanted, int | float) or not 0 < wanted <= 100:
            return {}
        return {"gate": {"min_score": wanted if wanted <= 1 else wanted / 100}}

    def providers(self) -> None:
        """The first that an OpenAI-compatible client can reach is the scorer; the others are listed."""
        key = "targets" if "targets" in self.given else "providers"
        listed = self.given.get(key) or []
        for number, one in enumerate(listed if isinstance(listed, list) else [listed]):
            found = scorer_of(one)
            if isinstance(found, str):
                self.draft.leave(self.where(key, number), found, "name a model of an OpenAI-compatible server")
            elif "models" in self.draft.settings:
                hint = f"compare models with `promptci upgrade --to {found['model']}`"
                self.draft.leave(self.where(key, number), f"the further model '{found['model']}'", hint)
            else:
                self.draft.settings["models"] = {"scorer": found}

    def prompts(self) -> list[tuple[str, str]]:
        """Return (name, file) of each prompt; texts in the configuration become files of their own."""
        found: list[tuple[str, str]] = []
        listed = self.given.get("prompts") or []
        for number, one in enumerate(listed if isinstance(listed, list) else [listed]):
            place = self.where("prompts", number)
            label = one.get("label") or one.get("id") if isinstance(one, dict) else ""
            said = next((one[k] for k in ("raw", "content", "id") if one.get(k)), "") if isinstance(one, dict) else one
            said = str(said)
            files = self.files(said, place) if _names_files(said) else [self.written(said, str(label or ""))]
            found += [(name_of(label or PurePosixPath(f).name.split(".")[0], [n for n, _ in found]), f) for f in files]
        return found

    def written(self, text: str, label: str) -> str:
        name = name_of(label or self.given.get("description") or "prompt", list(map(_stem, self.draft.files)))
        self.draft.files[f"prompts/{name}.md"] = text.rstrip("\n") + "\n"
        return f"prompts/{name}.md"

    def files(self, said: str, place: str) -> list[str]:
        pattern = self.beside(said)
        found = []
        for path in self.glob(pattern) or [pattern]:
            if path.endswith(_SCRIPTS) or ":" in path:
                self.draft.leave(place, f"the prompt '{said}' is made by a program", "name a constant: file.py::NAME")
                continue
            try:
                read_prompt("p", path, self.read(path) or b"")
            except DataError as problem:
                self.draft.leave(place, f"the prompt '{said}': {problem.problem}", problem.hint or "mend the file")
                continue
            found.append(path)
        return found

    def beside(self, said: str) -> str:
        """A path as the configuration writes it, from the repository's root on."""
        bare = said.removeprefix("file://").removeprefix("./")
        return str(PurePosixPath(self.path).parent / bare)

    def cases(self, common: Mapping[str, Json]) -> str | None:
        """Return the path of the eval set: the one that is there when it runs as it is, else a new one."""
        tests = self.given.get("tests")
        listed = tests if isinstance(tests, list) else [tests] if tests else []
        if len(listed) == 1 and isinstance(listed[0], str) and not common:
            found = self.glob(self.beside(listed[0])) or [self.beside(listed[0])]
            if len(found) == 1 and self.runs(found[0]):
                return found[0]
        rows: list[dict[str, Json]] = []
        for number, one in enumerate(listed):
            if isinstance(one, str):
                rows += self.rows_of_file(one, self.where("tests", number), common)
            elif isinstance(one, dict):
                rows.append(self.row(one, ("tests", number), common))
        if not rows:
            return None
        path = f"evals/{name_of(self.given.get('description') or 'cases', [])}.jsonl"
        self.draft.files[path] = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return path

    def runs(self, path: str) -> bool:
        try:
            read_cases(path, self.read(path) or b"")
        except DataError:
            return False
        return True

    def rows_of_file(self, said: str, place: str, common: Mapping[str, Json]) -> list[dict[str, Json]]:
        found: list[dict[str, Json]] = []
        pattern = self.beside(said)
        for path in self.glob(pattern) or [pattern]:
            content = self.read(path)
            if content is None or path.endswith(_SCRIPTS):
                instead = "put the file there" if content is None else "write its rows into a file"
                self.draft.leave(place, f"the tests '{path}'", instead)
            elif path.endswith((".yaml", ".yml")):
                inner = yamlfile.read(content.decode(), path, error=DataError, aliases=True)
                rows = inner.value if isinstance(inner.value, list) else [inner.value]
                other = _Import(path, inner, self.read, self.glob)
                other.draft = self.draft
                found += [other.row(row, (n,), common) for n, row in enumerate(rows) if isinstance(row, dict)]
            else:
                found += self.ready(path, content, common)
        return found

    def ready(self, path: str, content: bytes, common: Mapping[str, Json]) -> list[dict[str, Json]]:
        try:
            cases = read_cases(path, content)
        except DataError as problem:
            self.draft.leave(problem.place or path, problem.problem, problem.hint or "mend the row")
            return []
        rows = [
            {"vars": {**common, **c.vars}, "expected": c.expected, "tags": [*c.tags], "assert": [*c.asserts]}
            for c in cases
        ]
        return [{key: value for key, value in row.items() if value not in (None, [])} for row in rows]

    def row(self, given: Mapping[str, Any], at: yamlfile.Path, common: Mapping[str, Json]) -> dict[str, Json]:
        """Carry one test."""
        self.refuse_keys(given, at, ("assert", "vars", "metadata", "description", "name"))
        variables = {**common, **(given.get("vars") or {})}
        found: dict[str, Json] = {"vars": variables}
        metadata = given.get("metadata") or {}
        if isinstance(metadata, dict) and metadata:
            found["tags"] = [f"{key}:{value}" for key, value in metadata.items() if not isinstance(value, list | dict)]
        if metrics := self.asserts(given.get("assert") or [], (*at, "assert")):
            found["assert"] = metrics
        elif not given.get("assert") and not (self.given.get("defaultTest") or {}).get("assert"):
            self.draft.leave(self.where(*at), "the test has no assertion", "add 'expected' to its row")
        return found

    def asserts(self, given: Sequence[Any], at: yamlfile.Path) -> list[dict[str, Json]]:
        """Return the assertions as metrics of ours; list those that are none."""
        found = []
        for number, one in enumerate(given if isinstance(given, list) else [given]):
            if isinstance(one, dict) and one.get("type") == "assert-set" and "threshold" not in one:
                found += self.asserts(one.get("assert") or [], (*at, number, "assert"))
                continue
            metric = metric_of(one if isinstance(one, dict) else {"type": str(one)})
            if isinstance(metric, NotCarried):
                self.draft.leave(self.where(*at, number), f"the assertion '{metric.type}'", metric.why)
            else:
                found.append(metric)
        return found

    def refuse_keys(self, given: Mapping[str, Any], at: yamlfile.Path, known: Sequence[str]) -> None:
        for key, value in given.items():
            if key == "options" and isinstance(value, dict):
                for name, option in value.items():
                    if (name, option) != ("transform", "output.trim()"):  # blanks around answers never count
                        told = _INSTEAD.get(f"options.{name}", "it has no counterpart")
                        self.draft.leave(self.where(*at, key, name), f"the option '{name}'", told)
            elif key not in known:
                self.draft.leave(self.where(*at, key), f"'{key}'", _INSTEAD.get(key, "it has no counterpart"))


def _names_files(said: str) -> bool:
    endings = (".md", ".txt", ".j2", ".json", ".yaml", ".yml", ".csv", *_SCRIPTS)
    return said.startswith("file://") or ("\n" not in said and "{{" not in said and said.endswith(endings))


def _stem(path: str) -> str:
    return PurePosixPath(path).stem


_INSTEAD = {
    "redteam": "attacks are not generated; write the cases into an eval set",
    "scenarios": "write every combination as a row",
    "options.transform": "`answer:` in promptci.yaml takes thinking and markers off",
    "options.provider": "models: {judge: ...} names the model that grades",
    "options.rubricPrompt": "`metrics: [{name: judge, prompt: FILE}]` asks in your words",
    "threshold": "all assertions must hold; `combine: mean` weighs them",
    "evaluateOptions": "promptci measures and repeats by its own rules; see -j and --repeat",
    "provider": "one model answers all cases; models.judge grades",
    "sharing": "reports stay here",
    "outputPath": "promptci check -o FILE",
    "env": "keys come from the environment: models: {scorer: {api_key_env: NAME}}",
    "nunjucksFilters": "filters are: default, join, lower, tojson, trim, upper ...",
    "derivedMetrics": "it has no counterpart",
    "extensions": "no code of the configuration is run",
}
