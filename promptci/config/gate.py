"""Section `gate` of a prompt: when a change is blocked."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from promptci.config.base import Positive, Settings, Share, Word, mistake


class GateSettings(Settings):
    """When a change is blocked. Scores and drops are shares of cases (0.05 is five points).

    `max_drop` is the drop that is tolerated, `detect` the drop beyond it that a pass rules out. `must_pass` names cases
    or tags, `slices` also gates every tag on its own, `max_length` is the mean number of characters that answers may
    have.
    """

    max_drop: Annotated[float, Field(ge=0, lt=1)] = 0.0
    detect: Annotated[float, Field(gt=0, lt=1)] = 0.05
    min_score: Share | None = None
    must_pass: tuple[Word, ...] = Field(default=(), strict=False)
    slices: bool = False
    max_length: Positive | None = None

    @model_validator(mode="after")
    def _below_everything(self) -> GateSettings:
        if self.ruled_out >= 1:
            raise mistake("'max_drop' and 'detect' are 1 or more together", "lower one of them", at=("detect",))
        return self

    @property
    def ruled_out(self) -> float:
        """The drop that a pass rules out: what is tolerated, and `detect` beyond it."""
        return self.max_drop + self.detect
