"""Sections `answer` and `judge` of a prompt: what of a reply is graded, and how good a judge must be."""

from __future__ import annotations

from pydantic import field_validator

from promptci.config.base import Settings, Share, Word, mistake
from promptci.extraction import Extraction


class AnswerSettings(Settings):
    """What of a reply is graded: all but thinking, then all behind `after`, the match of `pattern`, the first line."""

    strip_thinking: bool = True
    after: Word | None = None
    pattern: Word | None = None
    first_line: bool = False

    @field_validator("pattern")
    @classmethod
    def _regular(cls, given: str | None) -> str | None:
        try:
            Extraction(pattern=given)
        except ValueError as problem:
            raise mistake(str(problem)) from None
        return given

    def extraction(self) -> Extraction:
        """Return what scoring works with."""
        return Extraction(self.strip_thinking, self.after, self.pattern, self.first_line)


class JudgeSettings(Settings):
    """How good a prompt's judges must be, beside rows with `human`: below `floor` nothing that they say decides."""

    floor: Share | None = None
