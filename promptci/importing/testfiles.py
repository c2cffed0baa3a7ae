"""Files of tests as promptfoo writes them, and rows that are there twice or that ask the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from promptci import yamlfile
from promptci.core import Json, digest
from promptci.errors import DataError

Row = dict[str, Json]
_BREAKS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}  # in JSON of texts alone, in YAML not


def tests_in(path: str, content: bytes) -> yamlfile.Document | None:
    """Read a file of tests as promptfoo writes them; None when its rows are of another form."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None  # `read_cases` says where
    if path.endswith((".json", ".jsonl")):
        text = text.translate(_BREAKS)
    if path.endswith(".jsonl"):
        lines = [line.rstrip() for line in text.split("\n")]
        text = f"[{chr(10).join(f'{line},' if line else '' for line in lines)}]"
    found = yamlfile.read(text, path, error=DataError, aliases=True)
    rows = found.value if isinstance(found.value, list) else [found.value]
    theirs = all(isinstance(row, str) or (isinstance(row, dict) and {"vars", "assert"} & set(row)) for row in rows)
    return found if theirs else None


def unlike(rows: Sequence[Row]) -> list[Row]:
    """Leave out rows that are there already, and tell those apart that ask the same and are graded otherwise.

    Each of these gets an id of its own, and all of one input one cluster: they stay together in every split.
    """
    seen = {_digest(row): row for row in rows}
    found: dict[str, Row] = {}
    asked = Counter(_digest(row.get("vars")) for row in seen.values())
    for key, row in seen.items():
        same = _digest(row.get("vars"))
        own = {"id": f"row-{key}", "cluster": f"row-{same}"} if asked[same] > 1 else {}
        found[key] = {**own, **row}
    return list(found.values())


def _digest(value: Json) -> str:
    return digest(json.dumps(value, sort_keys=True, ensure_ascii=False))[:12]
