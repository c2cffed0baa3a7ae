"""The answers that a case expects, as text, and the refusal of cases that expect none."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence, Set

from promptci.core import Case, Json, Reason
from promptci.errors import DataError

NO_ANSWER_EXPECTED = Reason("no_expected", "the case expects no answer that this metric could compare with")
# What other tools call the column.
_ELSEWHERE = (
    "ideal", "expected_output", "expected_answer", "answer", "answers", "label", "target", "reference", "ground_truth",
    "gold", "output", "completion", "__expected",
)  # fmt: skip
_WORDS = tuple({name.replace("_", "") for name in _ELSEWHERE} | {"expected", "correct"})
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")


def answers(case: Case) -> tuple[str, ...]:
    """Return the accepted answers as text: the expected value, or each entry of a list; empty when there is none.

    What is not text is written as JSON: true, 3.5, {"a": 1}.
    """
    expected = case.expected
    if expected is None:
        return ()
    return tuple(map(as_text, expected)) if isinstance(expected, list) else (as_text(expected),)


def as_text(value: Json) -> str:
    """Return text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def accepted(value: Json, case: Case) -> tuple[str, ...]:
    """Return the accepted answers: `value`, an option of the metric, where it is given, else what the case expects."""
    if value is None:
        return answers(case)
    listed = value if isinstance(value, list | tuple) else [value]
    return tuple(answer for one in listed for answer in _each(as_text(one), case))


def _each(text: str, case: Case) -> tuple[str, ...]:
    """A text filled; one that is a placeholder alone, of a list of the case, is each of its entries."""
    alone = _PLACEHOLDER.fullmatch(text.strip())
    there, value = _value(alone[1], case) if alone else (False, None)
    return tuple(map(as_text, value)) if there and isinstance(value, list) else (filled(text, case),)


def filled(text: str, case: Case) -> str:
    """Put the case's values in the place of `{{ name }}` and `{{ name.part }}`; `expected` is one of them.

    Unknown names stay as they are.
    """

    def value(found: re.Match[str]) -> str:
        there, value = _value(found[1], case)
        return as_text(value) if there else found[0]

    return _PLACEHOLDER.sub(value, text) if "{{" in text else text


def _value(name: str, case: Case) -> tuple[bool, Json]:
    """Whether a name stands for anything of the case, and for what: a column, a part of one, or `expected`."""
    if name in case.vars:
        return True, case.vars[name]
    head, _, rest = name.partition(".")
    value = case.vars.get(head)
    for key in rest.split(".") if rest else ():
        if not isinstance(value, dict) or key not in value:
            return False, None
        value = value[key]
    if rest and head in case.vars:
        return True, value
    return name == "expected" and case.expected is not None, case.expected


def named(text: str) -> frozenset[str]:
    """Return the names that stand in a metric's text as `{{ name }}`."""
    return frozenset(found[1] for found in _PLACEHOLDER.finditer(text))


def refuse_unfilled(text: str, cases: Sequence[Case], name: str, place: str) -> None:
    """Raise DataError when a metric's text names a column that a case lacks."""
    wanted = named(text)
    for case in cases:
        lacking = sorted(name for name in wanted if not _value(name, case)[0])
        if lacking:
            problem = f"metric '{name}' uses '{{{{ {lacking[0]} }}}}', which case '{case.id}' does not have"
            raise DataError(problem, place=place, hint=f"its columns are: {', '.join(sorted(case.vars))}")


def refuse_unanswered(name: str, cases: Sequence[Case], place: str) -> None:
    """Raise DataError when a case expects nothing, which the metric `name` could never grade: `[]` is nothing too."""
    lacking = [c for c in cases if not answers(c)]
    if not lacking:
        return
    if len(lacking) == len(cases):
        problem = f"no case has an expected answer, which metric '{name}' compares with"
    else:
        listed = ", ".join(f"'{c.id}'" for c in lacking[:3]) + (" ..." if len(lacking) > 3 else "")
        has = "has" if len(lacking) == 1 else "have"
        problem = (
            f"{len(lacking)} of {len(cases)} cases {has} no expected answer, which metric '{name}' needs: {listed}"
        )
    raise DataError(problem, place=place, hint=_inside(lacking[0]) or _columns({n for c in lacking for n in c.vars}))


def _inside(case: Case) -> str | None:
    """How to name an answer that stands inside a column, where it is called as answers are."""
    for column, value in case.vars.items():
        names = (
            [name for name in value if any(word in _bare(name) for word in _WORDS)] if isinstance(value, dict) else []
        )
        if len(names) == 1:
            said = f"{{{{ {column}.{names[0]} }}}}"
            return f"its answer seems to be in '{column}': name it in the metric: {{name: exact, value: '{said}'}}"
    return None


def _bare(name: str) -> str:
    """A column's name however it is written: Expected, expectedOutput, expected-output."""
    return "".join(c for c in name.lower() if c.isalnum())


def _columns(names: Set[str]) -> str:
    columns = f"the columns are: {', '.join(sorted(names)) or 'none'}"
    plain = {_bare(name): name for name in sorted(names, reverse=True)}
    other = next((plain[_bare(name)] for name in ("expected", *_ELSEWHERE) if _bare(name) in plain), None)
    if other == "expected":
        return f"{columns}; move 'expected' out of 'vars'"
    if other is not None:
        return f"{columns}; rename '{other}' to 'expected'"
    return f"{columns}; add a column 'expected' (an empty text is an answer, too), or take another metric"
