"""Digests that hang together: what is committed says what it follows and which commit it was written on.

A chain has no secret, so whoever edits a record can make it fit again. It shows edits by hand, by a merge, or by a
script that knows nothing of it; what a record goes on from is read from git, and what it says is asked again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from promptci.core import Json

LENGTH = 32  # hex digits of a link


def link_of(row: Mapping[str, Json]) -> str:
    """Return the digest of a record's content, which names the record before it."""
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def root_of(rows: Sequence[Mapping[str, Json]]) -> str:
    """Return what the first link names: the records from before there were links, or nothing."""
    return link_of({"before": [dict(row) for row in rows]}) if rows else ""
