"""Section `pull_request`: when a change is proposed, and how."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from promptci.config.base import Count, Settings, Word


class PullRequestSettings(Settings):
    """When a change is proposed, and how.

    `reviewers` and `assignees` are user names; a reviewer with a slash (`org/team`) is a team. With `draft`, every
    request opens as a draft; with `sign`, the forge's API makes the commits, which GitHub then signs. While `max_open`
    requests of ours wait against a branch, no search is made for another.
    """

    when: Literal["confirmed", "promising"] = "confirmed"
    labels: tuple[Word, ...] = Field(default=("promptci",), strict=False)
    reviewers: tuple[Word, ...] = Field(default=(), strict=False)
    assignees: tuple[Word, ...] = Field(default=(), strict=False)
    draft: bool = False
    sign: bool = False
    max_open: Count = 3
