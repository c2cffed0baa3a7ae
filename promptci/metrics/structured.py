"""JSON answers: valid, by a schema, field by field, by a path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.extraction import SlowPattern
from promptci.metrics.base import Answer, Grade, Needs, unknown, wrong
from promptci.metrics.expected import NO_ANSWER_EXPECTED
from promptci.metrics.extras import package
from promptci.metrics.form import version_of
from promptci.metrics.schema import refuse_schema, unresolved, validator_of
from promptci.options import File
from promptci.untrusted import one_line

MISSING = object()
_FENCE = re.compile(r"\A\s*```[\w-]*[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL)
_TRIES = 100  # places of an answer where JSON may begin


def parsed(text: str, *, fence: bool = False, inside: bool = False) -> Json:
    """Return the JSON value that a text is, `MISSING` when it is none: no NaN, no comments.

    `fence` takes one code fence off, `inside` takes the first object or list that stands anywhere in the text.
    """
    unfenced = _FENCE.match(text) if fence else None
    if inside:
        return next(_inside(text), MISSING)
    for candidate in ([unfenced[1]] if unfenced else []) + [text]:
        try:
            return json.loads(candidate, parse_constant=_refuse)
        except (ValueError, RecursionError):
            continue  # no JSON: the whole text may be, and else `MISSING` says so
    return MISSING


def _refuse(constant: str) -> Json:
    raise ValueError(constant)


def _inside(text: str) -> Iterator[Json]:
    decoder = json.JSONDecoder(parse_constant=_refuse)
    for match in list(re.finditer(r"[\[{]", text))[:_TRIES]:
        try:
            yield decoder.raw_decode(text, match.start())[0]
        except (ValueError, RecursionError):
            continue  # a bracket in prose: the next one may begin the JSON


@dataclass(frozen=True)
class _Structured:
    """`fence` allows one code fence around the JSON, `inside` any text (the first object or list in it counts)."""

    fence: bool = False
    inside: bool = False

    def _json(self, answer: Answer) -> Json:
        return parsed(answer.text, fence=self.fence, inside=self.inside)

    def _none(self, answer: Answer) -> Grade:
        fenced = _FENCE.match(answer.text) and not self.fence
        return wrong(
            "the JSON stands in a code fence (set `fence: true` to allow it)" if fenced else "the answer is no JSON"
        )

    def grade(self, case: Case, answer: Answer) -> Grade:
        raise NotImplementedError

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text."""
        return self.grade(case, Answer(output)).value


@dataclass(frozen=True)
class JsonValid(_Structured):
    """The output is JSON, and nothing else. `fence` allows one code fence, `inside` any text around it."""

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "json/1")

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 when it is, 0 when not."""
        del case
        return self._none(answer) if self._json(answer) is MISSING else Grade(1.0)


@dataclass(frozen=True)
class JsonSchema(_Structured):
    """The output is JSON that fits a JSON Schema: `schema` is a file, or stands in place. Needs the extra `json`."""

    schema: File | Mapping[str, Json] | None = None

    packages: ClassVar[tuple[tuple[str, str], ...]] = (("jsonschema", "json"),)

    def __post_init__(self) -> None:
        """Raise ValueError for a schema that is missing or is no JSON."""
        if self.schema is None:
            raise ValueError("needs the option 'schema': a path, or the schema itself")
        _ = self._schema

    @property
    def version(self) -> str:
        """The rule, its options and the schema's text."""
        schema = self.schema.text if isinstance(self.schema, File) else self.schema
        return (
            version_of(self, "json_schema/1", but=("schema",)) + f" {json.dumps(schema, sort_keys=True, default=str)}"
        )

    @property
    def needs(self) -> Needs:
        """The schema's file."""
        return Needs(files=(self.schema.path,) if isinstance(self.schema, File) else ())

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError for a schema that is none, ConfigError without the package."""
        del cases
        refuse_schema(self._schema, self.schema.path if isinstance(self.schema, File) else place)

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 when it fits, 0 with the first thing that does not."""
        del case
        value = self._json(answer)
        if value is MISSING:
            return self._none(answer)
        validator = validator_of(self._schema)
        try:
            problem = package("jsonschema", "json", "json_schema").exceptions.best_match(validator.iter_errors(value))
        except RecursionError:
            return wrong("the JSON is nested too deeply")
        except SlowPattern as slow:
            return unknown("slow_pattern", str(slow))
        except unresolved() as lost:
            return unknown("bad_schema", f"the schema cannot be followed: {one_line(str(lost))[:200]}")
        return Grade(1.0) if problem is None else wrong(f"{problem.json_path}: {one_line(problem.message)[:200]}")

    @cached_property
    def _schema(self) -> Any:
        """The schema, parsed once for all answers."""
        if not isinstance(self.schema, File):
            return self.schema
        if self.schema.path.endswith((".yaml", ".yml")):
            from promptci import yamlfile

            return yamlfile.read(self.schema.text, self.schema.path, error=DataError).value
        try:
            found = json.loads(self.schema.text)
        except (ValueError, RecursionError) as problem:
            raise ValueError(f"{self.schema.path} is no JSON: {problem}") from None
        # An export names its schema beside it, as `response_format` does.
        return found["schema"] if isinstance(found, dict) and isinstance(found.get("schema"), dict) else found


@dataclass(frozen=True)
class JsonFields(_Structured):
    """The output is a JSON object whose fields have the expected values; the value is the share of fields that do.

    `fields` names those that count (dotted paths), all expected ones by default. `ignore_case` compares texts so.
    """

    fields: tuple[str, ...] = ()
    ignore_case: bool = False

    graded: ClassVar[bool] = True
    needs: ClassVar[Needs] = Needs(expected=True)

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "json_fields/1")

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError for an expected answer that is no object."""
        for case in cases:
            if not isinstance(_expected(case), Mapping):
                problem = f"case '{case.id}' expects no JSON object, which metric 'json_fields' compares with"
                raise DataError(problem, place=place, hint='write "expected": {"name": value, ...}')
        wanted = [found for case in cases if isinstance(found := _expected(case), Mapping)]
        for name in self.fields:
            if wanted and all(at_path(one, name, one) is MISSING for one in wanted):
                hint = f"the expected answers have: {', '.join(sorted({key for one in wanted for key in one}))}"
                raise DataError(f"no case expects the field '{name}' of metric 'json_fields'", place=place, hint=hint)

    def grade(self, case: Case, answer: Answer) -> Grade:
        """Return the share of fields that are right, with the first that is not."""
        wanted = _expected(case)
        if not isinstance(wanted, Mapping):
            return Grade(None, NO_ANSWER_EXPECTED)
        found = self._json(answer)
        if found is MISSING:
            return self._none(answer)
        names = self.fields or tuple(wanted)
        off = [name for name in names if not self._same(at_path(found, name, wanted), at_path(wanted, name, wanted))]
        if not names or not off:
            return Grade(1.0)
        given = at_path(found, off[0], wanted)
        shown = "missing" if given is MISSING else one_line(json.dumps(given, ensure_ascii=False))[:60]
        return wrong(f"{off[0]} is {shown}", 1 - len(off) / len(names))

    def _same(self, given: Json, wanted: Json) -> bool:
        if isinstance(given, str) and isinstance(wanted, str) and self.ignore_case:
            return given.strip().casefold() == wanted.strip().casefold()
        return same_json(given, wanted)


@dataclass(frozen=True)
class JsonPath(_Structured):
    """What stands at `path` (a.b, items[0].name; $: the whole) of a JSON output equals `value`, else the expected one.

    A list of values accepts any of them, unless a list stands there itself.
    """

    path: str = ""
    value: Json = None

    def __post_init__(self) -> None:
        """Raise ValueError without a path."""
        if not self.path.strip("."):
            raise ValueError("needs the option 'path', such as items[0].name, or $ for the whole")

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "json_path/1")

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own."""
        return Needs(expected=self.value is None)

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 when it is equal, 0 when not."""
        wanted = case.expected if self.value is None else self.value
        if wanted is None:
            return Grade(None, NO_ANSWER_EXPECTED)
        found = self._json(answer)
        if found is MISSING:
            return self._none(answer)
        given = at_path(found, self.path)
        if given is MISSING:
            return wrong(f"the JSON has no {self.path}")
        options = list(wanted) if isinstance(wanted, list | tuple) and not isinstance(given, list) else [wanted]
        if any(same_json(given, list(w) if isinstance(w, tuple) else w) for w in options):
            return Grade(1.0)
        return wrong(f"{self.path} is {one_line(json.dumps(given, ensure_ascii=False))[:60]}")


def at_path(value: Json, path: str, whole_names: Mapping[str, Json] | None = None) -> Json:
    """Return what stands at a path of names and [numbers], `MISSING` when nothing does."""
    if whole_names is not None and path in whole_names:
        return value.get(path, MISSING) if isinstance(value, Mapping) else MISSING
    for name, index in re.findall(r"([^.\[\]]+)|\[(-?\d{1,9})\]", path.removeprefix("$")):
        if index and isinstance(value, list) and -len(value) <= int(index) < len(value):
            value = value[int(index)]
        elif name and isinstance(value, Mapping) and name in value:
            value = value[name]
        else:
            return MISSING
    return value


def same_json(one: Json, other: Json) -> bool:
    """Whether two JSON values are equal: true is not 1, 4 is 4.0, the order of names does not count."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return bool(one == other)


def _expected(case: Case) -> Json:
    """What the case expects; a text that is JSON (a CSV cell) as what it says."""
    if isinstance(case.expected, str):
        found = parsed(case.expected)
        return case.expected if found is MISSING else found
    return case.expected
