"""Prompt x cases x model x metrics -> outcomes, in the order asked."""

from __future__ import annotations

from promptci.scoring.ahead import answer_ahead
from promptci.scoring.answering import answer, unusable
from promptci.scoring.base import Grading, Opponent, Task

__all__ = ["Grading", "Opponent", "Task", "answer", "answer_ahead", "unusable"]
