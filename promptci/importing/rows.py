"""promptfoo's tests as rows of ours: defaults, files, lists of values, scenarios, assertions and their thresholds."""

from __future__ import annotations

import itertools
import json
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promptci import yamlfile
from promptci.core import Json
from promptci.errors import DataError
from promptci.evals import read_cases
from promptci.importing.assertions import grouped, metrics_of
from promptci.importing.base import SCRIPTS, Draft, Glob, Read, beside, is_elsewhere, name_of
from promptci.importing.instead import INSTEAD
from promptci.importing.providers import graders_in
from promptci.importing.rubricprompts import ANY_RUBRIC, OPTION, asked, in_words
from promptci.importing.sources import loaded
from promptci.importing.testfiles import tests_in, unlike
from promptci.importing.transforms import TRANSFORMS, transforms_of, within
from promptci.importing.values import filled
from promptci.metrics.promptfoo import is_threshold

Row = dict[str, Json]
MOST_COMBINATIONS = 10_000
_DATA = (".yaml", ".yml", ".json", ".jsonl")


class Rows:
    """The tests of one configuration. `draft` takes what cannot be carried, each with its place."""

    def __init__(
        self, path: str, document: yamlfile.Document, read: Read, glob: Glob, draft: Draft, bare: bool = False
    ) -> None:
        self.path, self.document, self.read, self.glob, self.draft = path, document, read, glob, draft
        self.base = path  # where transforms are named from, in files of tests too
        self.bare = bare  # pictures as their base64 alone, where the prompts write what stands in front of it
        self.given: Mapping[str, Any] = document.value if isinstance(document.value, dict) else {}
        self.templates: Mapping[str, Any] = self.given.get("assertionTemplates") or {}
        self.common = self._default_test()
        self.weighed = self._weighed()

    def asserts(self, given: Any, at: yamlfile.Path) -> list[Row]:
        """Return assertions as metrics of ours; what cannot be carried is listed."""
        return metrics_of(given, at, self.where, self.templates, self.draft, self._value)

    def _value(self, said: str, place: str) -> Any:
        found = self.loaded(said, place)
        return found.strip() if isinstance(found, str) else found

    def _default_test(self) -> Mapping[str, Any]:
        given = self.given.get("defaultTest") or {}
        if isinstance(given, str):
            given = self.loaded(given, self.where("defaultTest"))
        return given if isinstance(given, dict) else {}

    def where(self, *at: str | int) -> str:
        """Return place:line of a key."""
        return f"{self.path}:{self.document.line(at)}"

    def default(self) -> list[Row]:
        """The metrics of the prompt: assertions of all tests, unless a threshold weighs them with each test's own."""
        self._refuse_keys(self.common, ("defaultTest",), ("assert", "vars", "threshold", "metadata", "description"))
        if self.weighed:
            return []
        return self.made_of(self.asserts(self.common.get("assert") or [], ("defaultTest", "assert")), {})

    def made_of(self, metrics: list[Row], given: Mapping[str, Any]) -> list[Row]:
        """Return metrics of what the provider's transform and a test's make of the answer, judges in its words."""
        options = {**(self.common.get("options") or {}), **(given.get("options") or {})}
        metrics = in_words(metrics, self.words(options.get(OPTION)))
        return within(metrics, [*self.draft.transforms, *transforms_of(self.common, given)], self.base)

    def words(self, said: Any) -> Mapping[str, str] | None:
        """The words in which judges are asked, in place or in a file."""
        if isinstance(said, str) and said.startswith("file://"):
            said = self.loaded(said, self.where("defaultTest"))
        return asked(said) if said else None

    def _weighed(self) -> bool:
        """Whether a test has a threshold or a transform: each then brings those of all tests along, for its own."""
        tests = self.given.get("tests")
        listed = [t for t in tests if isinstance(t, dict)] if isinstance(tests, list) else []
        return "threshold" in self.common or any("threshold" in t or transforms_of({}, t) for t in listed)

    def cases(self) -> str | None:
        """Return the path of the eval set: the one that is there when it runs as it is, else a new one."""
        tests = self.given.get("tests")
        listed = tests if isinstance(tests, list) else [tests] if tests else []
        alone = listed[0] if len(listed) == 1 and isinstance(listed[0], str) else None
        if alone and not (
            self.common.get("vars")
            or self.weighed
            or self.given.get("scenarios")
            or self.made_of([dict(ANY_RUBRIC)], {}) != [ANY_RUBRIC]
        ):
            found = self._paths(alone)
            if len(found) == 1 and not found[0].endswith((".yaml", ".yml")) and self._runs(found[0]):
                return found[0]
        rows = [row for number, one in enumerate(listed) for row in self.test(one, ("tests", number))]
        rows += self.scenarios()
        if not rows:
            return None
        rows = self._graded(rows)
        path = f"evals/{name_of(self.given.get('description') or 'cases', [])}.jsonl"
        self.draft.files[path] = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in unlike(rows))
        return path

    def _graded(self, rows: list[Row]) -> list[Row]:
        """The rows that something grades; all of them where nothing grades any, for answers to be filled in."""
        if self.common.get("assert") and not self.weighed:
            return rows
        return [row for row in rows if row.get("assert") or "expected" in row] or rows

    def _paths(self, said: str) -> Sequence[str]:
        if is_elsewhere(said):
            return [said]
        return self.glob(beside(self.path, said)) or [beside(self.path, said)]

    def _runs(self, path: str) -> bool:
        try:
            read_cases(path, self.read(path) or b"")
        except DataError:
            return False  # its rows are carried one by one, and what is wrong with them is said there
        return True

    def test(self, given: Any, at: yamlfile.Path, beneath: Mapping[str, Any] | None = None) -> Iterator[Row]:
        """Carry one entry of `tests`: a test, or files of tests. `beneath` is what a scenario adds to it."""
        if isinstance(given, dict) and isinstance(given.get("path"), str):  # a file with settings of its own
            self._refuse_keys(given, at, ("path",))
            given = given["path"]
        if isinstance(given, str):
            for path in self._paths(given):
                yield from self._of_file(path, self.where(*at), beneath)
        elif isinstance(given, dict):
            yield from self.row(given, at, beneath or {})

    def _of_file(self, path: str, place: str, beneath: Mapping[str, Any] | None) -> Iterator[Row]:
        if is_elsewhere(path):
            instead = "save them as CSV or JSONL, and name that"
            self.draft.leave(place, f"the tests '{path}' are kept elsewhere", instead)
            return
        content = self.read(path)
        if content is None or path.endswith(SCRIPTS):
            instead = "put the file there" if content is None else "write its rows into a file"
            self.draft.leave(place, f"the tests '{path}'", instead)
        elif path.endswith(_DATA) and (found := tests_in(path, content)) is not None:
            inner = Rows(path, found, self.read, self.glob, self.draft, self.bare)
            inner.common, inner.templates, inner.weighed, inner.base = (
                self.common,
                self.templates,
                self.weighed,
                self.base,
            )
            rows = found.value if isinstance(found.value, list) else [found.value]
            for number, row in enumerate(rows):
                yield from inner.test(row, (number,), beneath)
        else:
            yield from self.ready(path, content)

    def ready(self, path: str, content: bytes) -> Iterator[Row]:
        """Rows of a table, or of a file in a form of ours."""
        try:
            cases = read_cases(path, content)
        except DataError as problem:
            self.draft.leave(problem.place or path, problem.problem, problem.hint or "mend the row")
            return
        shared, threshold = self.common.get("vars") or {}, self.common.get("threshold")
        if threshold is not None and not is_threshold(threshold):
            self.draft.leave(self.where("defaultTest", "threshold"), f"the threshold {threshold}", INSTEAD["threshold"])
        for c in cases:
            row: Row = {"vars": {**shared, **c.vars}, "expected": c.expected, "tags": [*c.tags]}
            row["assert"] = self.made_of([dict(one) for one in c.asserts], {})
            if self.weighed:
                both = [
                    *self.asserts(self.common.get("assert") or [], ("defaultTest", "assert")),
                    *map(dict, c.asserts),
                ]
                row["assert"] = grouped(self.made_of(both, {}), threshold)
            yield {key: value for key, value in row.items() if value not in (None, [])}

    def scenarios(self) -> Iterator[Row]:
        """Every configuration of a scenario with every one of its tests."""
        for number, one in enumerate(self.given.get("scenarios") or []):
            at: yamlfile.Path = ("scenarios", number)
            if not isinstance(one, dict):
                self.draft.leave(self.where(*at), f"the scenario '{one}'", "write it in place")
                continue
            self._refuse_keys(one, at, ("config", "tests", "description"))
            for n, beneath in enumerate(self._listed(one.get("config") or [{}], self.where(*at, "config"))):
                if not isinstance(beneath, dict):
                    self.draft.leave(self.where(*at, "config"), f"'{beneath}'", "write the scenario's values in place")
                    continue
                self._refuse_keys(beneath, (*at, "config", n), ("vars", "assert", "description"))
                tests = one.get("tests") or [{}]
                for each, test in enumerate(tests if isinstance(tests, list) else [tests]):
                    yield from self.test(test, (*at, "tests", each), beneath)

    def _listed(self, value: Any, place: str) -> list[Any]:
        """A list as it stands, or the one that a file holds."""
        if isinstance(value, str) and value.startswith("file://"):
            value = self.loaded(value, place)
        return value if isinstance(value, list) else [value] if value else []

    def row(self, given: Mapping[str, Any], at: yamlfile.Path, beneath: Mapping[str, Any]) -> Iterator[Row]:
        """Carry one test: a row for each combination of its lists of values."""
        self._refuse_keys(given, at, ("assert", "vars", "metadata", "description", "name", "threshold"))
        layers = [self.values(part.get("vars"), at) for part in (self.common, beneath, given)]
        found: Row = {}
        metadata = {**(self.common.get("metadata") or {}), **(given.get("metadata") or {})}
        if tags := [f"{key}:{value}" for key, value in metadata.items() if not isinstance(value, list | dict)]:
            found["tags"] = tags
        if own := self._own(given, at, beneath):
            found["assert"] = own
        elif not (given.get("assert") or beneath.get("assert") or self.common.get("assert")):
            self.draft.leave(
                self.where(*at), "the test has no assertion", "it is not measured: give it one, or 'expected'"
            )
        options = {**(self.common.get("options") or {}), **(given.get("options") or {})}
        values = {key: value for layer in layers for key, value in layer.items()}
        if not values:
            self.draft.leave(
                self.where(*at), "the test has no vars", "a case needs an input: give its prompt a variable"
            )
            return
        for variables in self.combined(values, at, expand=not options.get("disableVarExpansion")):
            yield {"vars": variables, **found}

    def _own(self, given: Mapping[str, Any], at: yamlfile.Path, beneath: Mapping[str, Any]) -> list[Row]:
        """The metrics of one test, weighed where it has a threshold."""
        own = self.asserts(beneath.get("assert") or [], at)
        own += self.asserts(given.get("assert") or [], (*at, "assert"))
        shared = self.common.get("assert") or []
        if self.weighed:
            own = [*self.asserts(shared, at), *own]
        elif "threshold" in given and shared:
            hint = "those of defaultTest must all hold beside it; write the threshold into the configuration itself"
            self.draft.leave(self.where(*at), f"the threshold {given['threshold']} weighs the test's own alone", hint)
        threshold = given.get("threshold", self.common.get("threshold"))
        if threshold is not None and not is_threshold(threshold):
            self.draft.leave(self.where(*at), f"the threshold {threshold}", INSTEAD["threshold"])
        return grouped(self.made_of(own, given), threshold)

    def values(self, given: Any, at: yamlfile.Path) -> dict[str, Json]:
        """Variables as they stand, in a file of their own, or each in one."""
        if isinstance(given, str):
            files = [self.loaded(path, self.where(*at, "vars")) for path in self._beside(given)]
            given = {key: value for one in files if isinstance(one, dict) for key, value in one.items()}
        if not isinstance(given, dict):
            return {}
        return {key: self._read_in(value, self.where(*at, "vars", key)) for key, value in given.items()}

    def _read_in(self, value: Any, place: str) -> Json:
        """A value, or what the file holds that it names; of several files, which a pattern names, a list."""
        if not isinstance(value, str) or not value.startswith("file://"):
            return value
        found = [self.loaded(path, place, text=True) for path in self._beside(value)]
        return found[0] if len(found) == 1 else found

    def _beside(self, said: str) -> Sequence[str]:
        """The files that a path or a pattern names, as `loaded` takes them."""
        listed = self.glob(beside(self.path, said)) if "*" in said else ()
        return [posixpath.relpath(path, posixpath.dirname(self.path) or ".") for path in listed] or [said]

    def loaded(self, said: str, place: str, *, text: bool = False) -> Any:
        """Return what a file holds; what cannot be read is left, and ''."""
        return loaded(self.path, said, self.read, self.draft, place, text=text, bare=self.bare)

    def combined(self, values: Mapping[str, Json], at: yamlfile.Path, *, expand: bool) -> Iterator[dict[str, Json]]:
        """Every combination of the lists among the values, as promptfoo takes them."""
        lists = {key: value for key, value in values.items() if isinstance(value, list) and value} if expand else {}
        count = 1
        for value in lists.values():
            count *= len(value)
        if count > MOST_COMBINATIONS:
            self.draft.leave(self.where(*at), f"{count:,} combinations of values", "write the rows that matter")
            return
        for chosen in itertools.product(*lists.values()):
            yield filled({**values, **dict(zip(lists, chosen, strict=True))})

    def _refuse_keys(self, given: Mapping[str, Any], at: yamlfile.Path, known: Sequence[str]) -> None:
        for key, value in given.items():
            if key == "options" and isinstance(value, dict):
                for name, option in value.items():
                    if name == "provider":
                        self.draft.graders += [(self.where(*at, key, name), one) for one in graders_in(option)]
                        continue
                    carried = isinstance(option, str) if name in TRANSFORMS else name == OPTION and self.words(option)
                    if name == "disableVarExpansion" or carried:
                        continue
                    told = INSTEAD.get(f"options.{name}", "it has no counterpart")
                    self.draft.leave(self.where(*at, key, name), f"the option '{name}'", told)
            elif key not in known:
                self.draft.leave(self.where(*at, key), f"'{key}'", INSTEAD.get(key, "it has no counterpart"))
