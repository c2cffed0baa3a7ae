"""promptfoo's configuration (promptfoo.dev/docs/configuration/reference) as ours: prompts, providers, tests.

Prompt files and eval sets that run as they are stay where they are. What has no counterpart is listed with its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptci import yamlfile
from promptci.conflicts import refuse_conflict
from promptci.errors import DataError
from promptci.importing.base import Draft, Glob, Imported, Read
from promptci.importing.graders import name_graders
from promptci.importing.instead import INSTEAD
from promptci.importing.providers import instead_of, provider_transforms, scorer_of, unused
from promptci.importing.rows import Rows
from promptci.importing.sources import loaded, with_settings
from promptci.importing.texts import Texts
from promptci.prompts import decode

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
    text = decode(read(path) or b"", path)
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
        texts = Texts(self.path, self.document, self.read, self.glob, self.draft)
        prompts = texts.named()
        rows = Rows(self.path, self.document, self.read, self.glob, self.draft, texts.bare_pictures(prompts))
        metrics, cases = rows.default(), rows.cases()
        if cases is None:
            self.draft.leave(self.where("tests"), "there are no test cases", "write an eval set: evals/cases.jsonl")
        elif prompts:
            shared = {"cases": cases, **({"metrics": metrics} if metrics else {}), **self.gate()}
            self.draft.settings["prompts"] = [{"id": name, "file": file, **shared} for name, file in prompts]
            name_graders(self.draft, metrics, cases, self.read)
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
        numbered = [
            (number, one)
            for number, said in enumerate(listed if isinstance(listed, list) else [listed])
            for one in self._in_file(said, self.where(key, number))
        ]
        for number, one in sorted(numbered, key=lambda pair: pair[1] == "echo"):  # it answers where no model does
            place = self.where(key, number)
            one = with_settings(one, self.path, self.read, self.draft, place)
            found = scorer_of(one)
            if isinstance(found, str):
                self.draft.leave(place, found, instead_of(one))
            elif "models" in self.draft.settings:
                hint = f"compare models with `promptci upgrade --to {found['model']}`"
                self.draft.leave(place, f"the further model '{found['model']}'", hint)
            else:
                self.draft.settings["models"] = {"scorer": found}
                self.draft.transforms += provider_transforms(one)
                for what, instead in unused(one):
                    self.draft.leave(place, what, instead)

    def _in_file(self, said: Any, place: str) -> list[Any]:
        """A provider as it stands, or those that a file of settings holds."""
        if not isinstance(said, str) or not said.startswith("file://") or not said.endswith((".yaml", ".yml", ".json")):
            return [said]
        found = loaded(self.path, said, self.read, self.draft, place)
        return found if isinstance(found, list) else [found] if found else []
