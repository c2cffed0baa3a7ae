"""Section `pull_request`: when a change is proposed, and how."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from promptci.config.base import Count, Settings


class PullRequestSettings(Settings):
    """When a change is proposed, and how."""

    when: Literal["confirmed", "promising"] = "confirmed"
    labels: tuple[str, ...] = Field(default=("promptci",), strict=False)
    max_open: Count = 3
