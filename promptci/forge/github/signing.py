"""Commits that GitHub signs: made by its API (blobs, tree, commit) with a bot's token and no author named.

No branch moves here: the commit is fetched by its id and pushed with a lease like any other, so that what people pushed
meanwhile is not lost. Source: GitHub REST API documentation, "Git database"; "Signature verification for bots".
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping

from promptci.core import Json
from promptci.errors import ForgeError
from promptci.forge.client import Client, text


def signed(
    client: Client, parent: str, files: Mapping[str, bytes], message: str, executable: Collection[str]
) -> str | None:
    """Make the commit and return its id. None when GitHub did not sign it, as for a person's token."""
    rows: list[dict[str, Json]] = []
    for path in sorted(files):
        blob = {"content": base64.b64encode(files[path]).decode(), "encoding": "base64"}
        oid = _oid(client.record("POST", "/git/blobs", blob))
        mode = "100755" if path in executable else "100644"
        rows.append({"path": path, "mode": mode, "type": "blob", "sha": oid})
    tree = _oid(client.record("POST", "/git/trees", {"base_tree": parent, "tree": rows}))
    made = client.record("POST", "/git/commits", {"message": message, "tree": tree, "parents": [parent]})
    verification = made.get("verification")
    is_signed = isinstance(verification, dict) and verification.get("verified") is True
    return _oid(made) if is_signed else None


def _oid(row: Mapping[str, Json]) -> str:
    oid = text(row, "sha")
    if not oid.isalnum():
        raise ForgeError("GitHub: an answer without an object id")
    return oid
