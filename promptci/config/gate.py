"""Section `gate` of a prompt: when a change is blocked."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from promptci.config.base import Positive, Settings, Share


class GateSettings(Settings):
    """When a change is blocked. Scores and drops are shares of cases (0.05 is five points).

    `must_pass` names cases or tags, `slices` also gates every tag on its own, `max_length` is the mean number of
    characters that answers may have.
    """

    max_drop: Annotated[float, Field(gt=0, lt=1)] = 0.05
    min_score: Share | None = None
    must_pass: tuple[str, ...] = Field(default=(), strict=False)
    slices: bool = False
    max_length: Positive | None = None
