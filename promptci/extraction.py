"""What of a model's reply is the answer: thinking taken off, the part after a marker, one line.

Reasoning models write `<think> ... </think>` before they answer, when their server leaves it in. Scoring, judges and
optimizers all read replies through here, so that none of them takes a thought for an answer.
"""

from __future__ import annotations

import re
import warnings
from collections import deque
from dataclasses import dataclass

_OPENED = re.compile(r"\s*<(think|thinking|thought|reasoning|reflection)>", re.IGNORECASE)
# Some chat templates put the opening tag into the prompt, so that a reply begins inside the thinking.
_CLOSED_ONLY = re.compile(r"</(think|thinking|reasoning)>", re.IGNORECASE)
PATIENCE_S = 2.0  # for one pattern on one text: some patterns take hours on some texts
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
                refuse_pattern(self.pattern)
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
            try:
                found = _last(self.pattern, text)
            except SlowPattern as problem:
                return Extracted(None, tuple(stripped), problem=str(problem))
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


def refuse_pattern(pattern: str) -> None:
    """Raise re.error for what is no regular expression, by `re` or by the package that `search` uses."""
    import regex

    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # `[[a]` may mean more one day
            re.compile(pattern)
        # It knows `[:alpha:]` and `{e<1}`, and refuses some of what `re` takes for plain characters.
        regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError) as problem:
        raise re.error(str(problem)) from None


class SlowPattern(Exception):  # noqa: N818  # no mistake of the program's
    """A pattern took too long on a text."""


def search(pattern: str, text: str, *, ignore_case: bool = False, last: bool = False) -> Found | None:
    """Return the first (or last) match. Raises SlowPattern after two seconds, re.error for what is no pattern."""
    import regex  # the same syntax as `re`, and it can be told to stop

    try:
        matches = regex.finditer(pattern, text, flags=regex.IGNORECASE * ignore_case, timeout=PATIENCE_S)
        found = list(deque(matches, maxlen=1)) if last else [next(matches, None)]
    except TimeoutError:
        raise SlowPattern(f"the pattern {pattern!r} took over {PATIENCE_S:g} s on one answer") from None
    except (regex.error, OverflowError, RecursionError) as problem:
        raise re.error(str(problem)) from None
    if not found or found[0] is None:
        return None
    match = found[0]
    named = match.groupdict().get("answer")
    return Found(match.group(0), named if named is not None else match.group(1) if match.re.groups else None)


@dataclass(frozen=True, slots=True)
class Found:
    """One match: the whole of it, and the group named `answer` or the first one."""

    whole: str
    group: str | None


def _last(pattern: str, text: str) -> str | None:
    found = search(pattern, text, last=True)
    return None if found is None else (found.whole if found.group is None else found.group).strip()
