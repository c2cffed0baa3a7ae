"""promptfoo's configuration (promptfoo.dev/docs/configuration/reference) as ours: prompts, providers, tests.

Prompt files and eval sets that run as they are stay where they are. What has no counterpart is listed with its line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from promptci import yamlfile
from promptci.conflicts import refuse_conflict
from promptci.errors import DataError
from promptci.importing.base import SCRIPTS, Draft, Glob, Imported, Read, beside, name_of
from promptci.importing.instead import INSTEAD
from promptci.importing.providers import scorer_of
from promptci.importing.rows import Rows
from promptci.prompts import read_prompt
from promptci.prompts.plain import holds_chat

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
    "scenarios",
    "assertionTemplates",
)


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
                self.draft.leave(self.where(key), f"'{key}'", INSTEAD.get(key, "it has no counterpart"))
        self.providers()
        prompts = self.prompts()
        rows = Rows(self.path, self.document, self.read, self.glob, self.draft)
        metrics, cases = rows.default(), rows.cases()
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
        numbered = list(enumerate(listed if isinstance(listed, list) else [listed]))
        for number, one in sorted(numbered, key=lambda pair: pair[1] == "echo"):  # it answers where no model does
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
        if isinstance(listed, dict):  # files with their labels
            listed = [{"label": label, "id": file} for file, label in listed.items()]
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
        path = f"prompts/{name}{'.json' if holds_chat(text) else '.md'}"
        self.draft.files[path] = text.rstrip("\n") + "\n"
        return path

    def files(self, said: str, place: str) -> list[str]:
        pattern = beside(self.path, said)
        found = []
        for path in self.glob(pattern) or [pattern]:
            if path.endswith(SCRIPTS) or ":" in path:
                self.draft.leave(place, f"the prompt '{said}' is made by a program", "name a constant: file.py::NAME")
                continue
            try:
                read_prompt("p", path, self.read(path) or b"")
            except DataError as problem:
                self.draft.leave(place, f"the prompt '{said}': {problem.problem}", problem.hint or "mend the file")
                continue
            several = _SEPARATOR.split((self.read(path) or b"").decode()) if path.endswith(".txt") else []
            found += [path] if len(several) < 2 else [self.written(t, _stem(path)) for t in several if t.strip()]
        return found


_SEPARATOR = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)  # promptfoo keeps several prompts in one text file


def _names_files(said: str) -> bool:
    endings = (".md", ".txt", ".j2", ".json", ".yaml", ".yml", ".csv", *SCRIPTS)
    return said.startswith("file://") or ("\n" not in said and "{{" not in said and said.endswith(endings))


def _stem(path: str) -> str:
    return PurePosixPath(path).stem
