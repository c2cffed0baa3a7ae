"""GitHub, and GitHub Enterprise Server, over their REST API."""

from __future__ import annotations

from promptci.forge.client import MAX_WAIT_S
from promptci.forge.github.forge import GitHubForge
from promptci.forge.marks import BODY_LIMIT, capped

__all__ = ["BODY_LIMIT", "MAX_WAIT_S", "GitHubForge", "capped"]
