"""What every eval-set format is: a file's text to cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from promptci import shelf
from promptci.core import Case, Json, Message, digest
from promptci.errors import DataError
from promptci.evals.chat import messages_of
from promptci.evals.exports import exported
from promptci.evals.kept import Keeping

_RESERVED = frozenset(("id", "vars", "expected", "tags", "cluster", "weight", "messages", "assert", "human"))


class EvalFormat(Protocol):
    """One way of keeping an eval set in a file."""

    def read(self, text: str, place: str) -> Sequence[Case]:
        """Parse `text`; raise DataError with `place:line` when a row is malformed or its id was used before."""
        ...


def _twice(row: Json, id_: str, before: str, place: str) -> DataError:
    if isinstance(row, dict) and row.get("id") not in (None, ""):
        return DataError(f"the id '{id_}' is used twice (first at {before})", place=place, hint="ids must differ")
    hint = "remove one of the two, or give each an 'id' of its own"
    return DataError(f"the same input as the row at {before}, without an 'id' of its own", place=place, hint=hint)


def cases_of(rows: Iterable[tuple[Json, str]]) -> Sequence[Case]:
    """Build the cases of (row, place:line) pairs. Raises DataError at the first bad row and at an id used twice.

    Many cases come as `KeptCases`, which take little memory.
    """
    cases: list[Case] = []
    first: dict[str, str] = {}
    kept, weight = None, None
    for row, place in rows:
        case = case_of(row, place)
        before = first.get(case.id) if kept is None else kept.add(case, place)
        if before is not None:
            raise _twice(row, case.id, before, place)
        weight = case.weight if weight is None else weight
        if case.weight != weight:
            hint = "give every case the same weight, or leave it out; `metrics` can weigh metrics"
            raise DataError("the cases have different weights, which no exact test honours", place=place, hint=hint)
        if kept is None:
            first[case.id] = place
            cases.append(case)
        if len(cases) > shelf.MANY:
            kept = _kept(cases, first)
            cases.clear()
    return cases if kept is None else kept.cases


def _kept(cases: Sequence[Case], places: Mapping[str, str]) -> Keeping:
    kept = Keeping()
    for case in cases:
        kept.add(case, places[case.id])
    return kept


def case_of(row: Json, place: str) -> Case:
    """Build a case from a row: `id?`, `vars` or flat columns, `expected`, `tags?`, `cluster?`, `weight?`.

    Also `messages?` (a chat; an `input` or `vars.input` that is a list of messages is one too), `assert?` and `human?`.
    A chat that ends with the assistant's text is a row for fine-tuning, and expects that text; rows that LangSmith and
    Langfuse export are read (`exported`).
    Without `id`, the id comes from the row's input, so that it stays when rows move. Raises DataError at `place`.
    """
    if not isinstance(row, Mapping):
        raise DataError("a case must be an object with names and values", place=place)
    row = exported(row)
    values = _values(row, place)
    ideal = values.keys() == {"input", "ideal"} and "expected" not in row and "vars" not in row  # OpenAI evals
    if ideal:
        values = {"input": values["input"]}
    values, chat = _chat(row, values, place)
    expected = row["ideal"] if ideal else row.get("expected")
    if expected is None and "assert" not in row and len(chat) > 1 and _answers(chat[-1]):
        chat, expected = chat[:-1], chat[-1].content  # a row for fine-tuning: nobody could answer behind the answer
    if not values and not chat:
        raise DataError(
            "the case has no input", place=place, hint="add 'vars' or a column named as the prompt's variable"
        )
    return Case(
        id=_id(row.get("id"), values, chat, place),
        vars=dict(values),
        expected=expected,
        tags=_tags(row.get("tags"), place),
        cluster=_cluster(row.get("cluster"), place),
        weight=_weight(row.get("weight"), place),
        messages=chat,
        asserts=_asserts(row.get("assert"), place),
        human=_human(row.get("human"), place),
    )


def _values(row: Mapping[str, Json], place: str) -> Mapping[str, Json]:
    """Return the row's `vars`; without them, its columns that have no meaning of their own."""
    if "vars" not in row:
        return {name: value for name, value in row.items() if name not in _RESERVED}
    unknown = sorted(set(row) - _RESERVED)
    if unknown:
        raise DataError(f"unknown key '{unknown[0]}' beside 'vars'", place=place, hint="move it into vars")
    values = row["vars"]
    if not isinstance(values, Mapping):
        raise DataError("'vars' must be an object", place=place)
    return values


def _answers(message: Message) -> bool:
    return message.role == "assistant" and bool(message.content) and not message.tool_calls


def _chat(
    row: Mapping[str, Json], values: Mapping[str, Json], place: str
) -> tuple[Mapping[str, Json], tuple[Message, ...]]:
    """Take the chat out of a row: its `messages`, or an `input` that is a list of messages (OpenAI evals)."""
    given = row.get("messages")
    if given is not None:
        return values, messages_of(given, place)
    found = values.get("input")
    if (
        isinstance(found, list)
        and found
        and all(isinstance(m, Mapping) and {"role", "content"} <= set(m) for m in found)
    ):
        return {k: v for k, v in values.items() if k != "input"}, messages_of(found, place)
    return values, ()


def _id(given: Json, values: Mapping[str, Json], chat: Sequence[Message], place: str) -> str:
    if given is None or given == "":
        content = [dict(values), [_plain(m) for m in chat]] if chat else dict(values)
        return "row-" + digest(content)[:12]
    if isinstance(given, bool) or not isinstance(given, str | int) or len(str(given)) > 200:
        raise DataError("'id' must be a text or a whole number of at most 200 characters", place=place)
    return str(given)


def _plain(message: Message) -> list[Json]:
    calls = [[c.name, c.arguments, c.id] for c in message.tool_calls]
    named = [] if message.name is None else [{"name": message.name}]  # older ids have none
    return [message.role, message.content, calls, message.tool_call_id, *message.pictures, *named]


def _tags(given: Json, place: str) -> tuple[str, ...]:
    if given is None or given == "":
        return ()
    if isinstance(given, str):
        return tuple(t.strip() for t in given.split(",") if t.strip())
    if isinstance(given, list) and all(isinstance(t, str) for t in given):
        return tuple(given)
    raise DataError("'tags' must be a list of names", place=place)


def _cluster(given: Json, place: str) -> str | None:
    if given is None or given == "":
        return None
    if isinstance(given, str | int) and not isinstance(given, bool):
        return str(given)
    raise DataError("'cluster' must be a name", place=place)


def _asserts(given: Json, place: str) -> tuple[Mapping[str, Json], ...]:
    """A metric is a name or a mapping with its `name`; one need not stand in a list."""
    if given is None or given == "" or given == []:
        return ()
    found = tuple({"name": a} if isinstance(a, str) else a for a in (given if isinstance(given, list) else [given]))
    for one in found:
        if not isinstance(one, Mapping) or not any(isinstance(one.get(k), str) and one[k] for k in ("name", "type")):
            raise DataError("'assert' must be a list of metrics, each a name or a mapping with its 'name'", place=place)
    return found


def _human(given: Json, place: str) -> Json:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if given == "":
        return None
    if given is not None and not isinstance(given, str | bool) and not (number and 0 <= given <= 1):
        raise DataError("'human' must be a number from 0 to 1, true, false or a judge's choice", place=place)
    return given


def _weight(given: Json, place: str) -> float:
    if given is None or given == "":
        return 1.0
    try:
        weight = -1.0 if isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        weight = -1.0
    if not 0 < weight < float("inf"):
        raise DataError("'weight' must be a number above 0", place=place)
    return weight
