"""What makes a case the case it is: the values that the prompt uses, not what the row is called or where it stands.

Split and ledger go by it. Went they by ids, a renamed column would make old development cases held-out ones, and the
ledger would forget what was asked (decisions.md, section 12).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from promptci.core import Case, Json, digest


def normal(value: Json) -> Json:
    """A value without what nobody means: Unicode form, white space runs and ends, key order, 1 or 1.0 or "1"."""
    if isinstance(value, dict):
        return {normal(key): normal(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [normal(each) for each in value]
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(unicodedata.normalize("NFC", str(value)).split())


def name_of(case: Case, variables: Collection[str] | None = None) -> str:
    """The case's name by content, 64 hex digits: the normal values of the `variables` that the prompt uses, its chat.

    None means that all of its variables count; so do they where the case has none of those named (a prompt without
    placeholders gets the whole input).
    """
    used = case.vars if variables is None else {key: case.vars[key] for key in variables if key in case.vars}
    chat = [[message.role, normal(message.content)] for message in case.messages]
    return digest([normal(dict(used or case.vars)), chat])


def group_of(case: Case, variables: Collection[str] | None = None) -> str:
    """What the split is drawn by: the normal name of the cluster if there is one, else the case's name by content."""
    return name_of(case, variables) if case.cluster is None else f"cluster {normal(case.cluster)}"
