"""What of a model's reply is the answer: thinking taken off, the part after a marker, one line.

Reasoning models write `<think> ... </think>` before they answer, when their server leaves it in. Scoring, judges and
optimizers all read replies through here, so that none of them takes a thought for an answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENED = re.compile(r"\s*<(think|thinking|thought|reasoning|reflection)>", re.IGNORECASE)
# Some chat templates put the opening tag into the prompt, so that a reply begins inside the thinking.
_CLOSED_ONLY = re.compile(r"</(think|thinking|reasoning)>", re.IGNORECASE)
UNCLOSED = "the model was still thinking when its reply ended"


@dataclass(frozen=True, slots=True)
class Extracted:
    """`text` is the answer, None when the reply holds none that could be graded; then `problem` says why.

    `missing` names what the answer should have had and has not (a marker, a pattern): it is wrong as it stands.
    `stripped` names what was taken off.
    """

    text: str | None
    stripped: tuple[str, ...] = ()
    missing: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """How an answer is taken out of a reply; `answer:` in promptci.yaml.

    `strip_thinking` takes off one leading block of thinking, `after` all up to the last such marker, `pattern` all but
    its last match (its first group, where it has one), `first_line` all but the first line that is not blank.
    """

    strip_thinking: bool = True
    after: str | None = None
    pattern: str | None = None
    first_line: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a pattern that is none, and for an empty marker."""
        if self.after == "":
            raise ValueError("'after' is empty: name the marker that the answer stands behind")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as problem:
                raise ValueError(f"'pattern' is no regular expression: {problem}") from None

    def apply(self, reply: str) -> Extracted:
        """Return the answer in a reply; the steps in the order in which the options are listed."""
        text, stripped = reply, []
        if self.strip_thinking:
            answer = without_thinking(reply)
            if answer is None:
                return Extracted(None, ("thinking",), problem=UNCLOSED)
            stripped += ["thinking"] if answer != reply else []
            text = answer
        if self.after is not None:
            before, marker, text = text.rpartition(self.after)
            if not marker:
                return Extracted(text.strip(), tuple(stripped), missing=f"the answer has no {self.after!r}")
            stripped += [f"all before {self.after!r}"] if before.strip() else []
            text = text.strip()
        if self.pattern is not None:
            found = _last(self.pattern, text)
            if found is None:
                return Extracted(text, tuple(stripped), missing=f"nothing in the answer matches {self.pattern!r}")
            stripped += [f"all but {self.pattern!r}"] if found != text.strip() else []
            text = found
        if self.first_line:
            lines = text.strip().splitlines()
            stripped += ["all but the first line"] if len(lines) > 1 else []
            text = lines[0].strip() if lines else ""
        return Extracted(text, tuple(stripped))


def without_thinking(reply: str) -> str | None:
    """Return a reply without one leading block of thinking; None when the block never ends: there is no answer then.

    A reply that begins inside the thinking and closes it has lost its opening tag to the chat template: what stands
    behind the closing tag is the answer. Tags further on are left alone: an answer may speak of them.
    """
    opened = _OPENED.match(reply)
    if opened is None:
        closed = _CLOSED_ONLY.search(reply)
        tagged = closed is not None and not re.search(f"<{closed[1]}>", reply, re.IGNORECASE)
        return reply[closed.end() :].lstrip() if closed is not None and tagged else reply
    closing = re.compile(f"</{opened[1]}>", re.IGNORECASE).search(reply, opened.end())
    return None if closing is None else reply[closing.end() :].lstrip()


def _last(pattern: str, text: str) -> str | None:
    found = None
    for found in re.finditer(pattern, text):  # noqa: B007  # the last one counts
        pass
    if found is None:
        return None
    group = found.group("answer") if "answer" in found.groupdict() else found.group(1) if found.re.groups else found[0]
    return None if group is None else group.strip()
