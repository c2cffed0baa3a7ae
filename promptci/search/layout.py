"""Where the instruction stands in a prompt: the search may write the whole text, or one place of a fixed frame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from promptci.errors import ConfigError

Position = Literal["whole", "before_question", "question_begin", "question_end", "answer_begin"]
WHERE: dict[Position, str] = {
    "whole": "",
    "before_question": "before the question",
    "question_begin": "at the start of the question",
    "question_end": "after the question",
    "answer_begin": "at the start of the model's own answer",
}
_BEGUN = re.compile(r"(\n[^\n:{}]{1,20}:)[^\n:{}]*\Z")
_CONSTRUCT = re.compile(r"\{[{%].*?[}%]\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Layout:
    """A frame with one place for an instruction: the prompt is `before` + instruction + `after`."""

    before: str = ""
    after: str = ""

    @classmethod
    def of(cls, start: str, position: Position = "whole", *, labels: bool = False) -> Layout:
        """Take the frame from a prompt: what stands from the first line with a placeholder on is the question.

        `labels` puts `Q:` before and `A:` after the question, as in OPRO's published runs. A prompt without
        placeholders is all instruction, its input comes in a message of its own: `whole` and `before_question` mean
        the same then, and ConfigError is raised for the other positions.
        """
        first = _CONSTRUCT.search(start)
        if position == "whole" or (first is None and position == "before_question"):
            return cls()
        if first is None:
            raise ConfigError(
                f"position '{position}' needs a prompt with a placeholder for the question",
                hint="write {{ input }} where the question goes, or use position: whole",
            )
        question = start[question_start(start) :].strip()
        if labels:
            question = f"Q: {question}\n\nA:"
        return cls(*_split(question, position))

    def place(self, instruction: str) -> str:
        """The whole prompt with `instruction` in its place; an empty instruction leaves no blank lines behind."""
        return f"{self.before}{instruction}{self.after}" if instruction else f"{self.before}{self.after.lstrip()}"

    def instruction(self, text: str) -> str:
        """The instruction of a prompt: `place`'s inverse; in another frame, what stands above the question."""
        framed = text.startswith(self.before) and text.endswith(self.after)
        if framed and len(text) >= len(self.before) + len(self.after):
            return text[len(self.before) : len(text) - len(self.after)]
        at = question_start(text)
        return text[:at].strip() if at < len(text) or not self.after else ""


def is_blank(text: str) -> bool:
    """Whether a prompt says nothing, placeholders and labels such as `Input:` aside: there is nothing to edit then."""
    return not re.search(r"\w", re.sub(r"\w+:", " ", _CONSTRUCT.sub(" ", text)))


def question_start(text: str) -> int:
    """Where the first line with a placeholder begins; the text's length when it has none."""
    first = _CONSTRUCT.search(text)
    return len(text) if first is None else text.rfind("\n", 0, first.start()) + 1


def _split(question: str, position: Position) -> tuple[str, str]:
    spans = [m.span() for m in _CONSTRUCT.finditer(question)]
    if position == "before_question":
        return "", f"\n\n{question}"
    if position == "question_begin":
        return question[: spans[0][0]], f"\n{question[spans[0][0] :]}"
    if position == "question_end":
        return f"{question[: spans[-1][1]]}\n", question[spans[-1][1] :]
    # An answer that has begun already ("A: Let's think.") is the instruction of the old prompt, not its frame.
    question = _BEGUN.sub(r"\1", question)
    label = "" if question.endswith(":") else "\n\nA:"
    return f"{question}{label} ", ""
