"""Rows as other tools export their data sets: LangSmith's examples, Langfuse's items."""

from __future__ import annotations

from collections.abc import Mapping

from promptci.core import Json

# Beside what goes in and comes out such a row says where it was kept.
_LANGSMITH = frozenset((
    "attachments", "created_at", "dataset_id", "dataset_name", "dataset_split", "id", "inputs", "metadata",
    "modified_at", "name", "outputs", "source_run_id", "split",
))  # fmt: skip
_LANGFUSE = frozenset((
    "createdAt", "datasetId", "datasetName", "expectedOutput", "id", "input", "metadata", "projectId",
    "sourceObservationId", "sourceTraceId", "status", "updatedAt", "validFrom",
))  # fmt: skip


def exported(row: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return an exported row in words of ours: its inputs are the case's values; any other row stays as it is.

    LangSmith: `inputs` and `outputs`, of which a single value is the answer. Langfuse: `input`, `expectedOutput`.
    """
    inputs = row.get("inputs")
    if isinstance(inputs, Mapping) and "outputs" in row and not set(row) - _LANGSMITH:
        return {**_named(row), **_values(inputs), "expected": _answer(row["outputs"])}
    if "input" in row and "expectedOutput" in row and not set(row) - _LANGFUSE:
        return {**_named(row), **_values(row["input"]), "expected": _answer(row["expectedOutput"])}
    return row


def _named(row: Mapping[str, Json]) -> dict[str, Json]:
    return {"id": row["id"]} if row.get("id") not in (None, "") else {}


def _values(given: Json) -> dict[str, Json]:
    """Values by name; a list of messages is the row's chat, also as the only value, and a text its `input`."""
    if isinstance(given, Mapping) and not {"role", "content"} <= set(given):
        if set(given) == {"messages"}:
            return {"messages": given["messages"]}
        return {"vars": dict(given)}
    return {"vars": {"input": given}}


def _answer(given: Json) -> Json:
    """A text, or the single value of a mapping; any other as it is."""
    alone = given if isinstance(given, Mapping) and len(given) == 1 else None
    return next(iter(alone.values())) if alone is not None else given
