"""What a search is for: what its winner must show on the held-out cases, and what of an answer is to get less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Goal = Literal["accuracy", "length", "cost", "latency"]
Measured = Literal["", "usd", "seconds"]
_WRITTEN = 50.0  # a token that is written takes a server as long as so many that are read: what time a prompt costs


@dataclass(frozen=True, slots=True)
class Aim:
    """What a search is for. A winner is `word` ("shorter"); `title` is what its pull request does with the prompt.

    With `gains` the winner must be better. Without, it must not be worse, and take less of what the aim weighs: `read`
    and `written` weigh a token of the prompt and one of the answer, `priced` takes the model's prices for them.
    `measured` names what must be shown to be less on the held-out cases, "" where the text alone says so. `confirms` is
    the share of a budget that may go into the confirmation, as one in so many.
    """

    name: Goal
    word: str
    title: str
    gains: bool = False
    read: float = 1.0
    written: float = 0.0
    priced: bool = False
    measured: Measured = ""
    confirms: int = 2

    @property
    def claim(self) -> str:
        """What a confirmed winner is called."""
        return f"confirmed {self.word}" if self.gains else f"confirmed {self.word}, and not worse"


ACCURACY = Aim("accuracy", "better", "Improve", gains=True, confirms=3)
AIMS: Mapping[Goal, Aim] = {
    "accuracy": ACCURACY,
    "length": Aim("length", "shorter", "Shorten"),
    "cost": Aim("cost", "cheaper", "Make cheaper:", priced=True, measured="usd"),
    "latency": Aim("latency", "faster", "Make faster:", written=_WRITTEN, measured="seconds"),
}
