"""What a server refuses, learned from its own refusal: which parameter it names, and how to ask without it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from promptci.core import Json
from promptci.models.parameters import CAPS

# Parameter -> what is done from now on, in words for the report; `Failure.mend` holds the words.
MENDS: dict[str, str] = {
    "max_tokens": "takes max_completion_tokens, not max_tokens",
    "max_completion_tokens": "takes max_tokens, not max_completion_tokens",
    "temperature": "refuses the temperature that is asked for; it answers at its own",
    "n": "gives one answer at a time; several are asked for one by one",
    "seed": "refuses a seed; repeats may differ from run to run",
    "logprobs": "gives no log probabilities",
    "response_format": "refuses response_format; the answer's form is up to the prompt",
}
_ALIASES = {"top_logprobs": "logprobs"}

# A refusal of the parameter, not of its size: "max_tokens is too large" must not teach another name for it.
_REFUSES = re.compile(
    r"unsupported|not? (longer )?support|unrecogni[sz]ed|unknown|unexpected|extra (inputs|fields)"
    r"|not (be )?(permitted|allowed)|not (available|implemented)|only the default|deprecated|' instead",
    re.IGNORECASE,
)
# Some servers sample only, and refuse 0, which is what we ask for where nobody chose; any other size is the user's.
_NOT_ZERO = re.compile(
    r"strictly positive|\b(greater|higher|larger|more) than (0|zero)\b|\babove (0|zero)\b|> ?0\b", re.IGNORECASE
)
_ONE_CHOICE = re.compile(
    r"only one (completion|choice)|\bn\b.{0,40}\b(at most|must be|only)\b.{0,20}\b1\b", re.IGNORECASE
)


class Learned:
    """What one model at one server refuses, for the rest of a run."""

    def __init__(self) -> None:
        self.refused: set[str] = set()

    def recall(self, mends: Iterable[str]) -> None:
        """Take over what was learned before, told as `MENDS` words it."""
        known = set(mends)
        self.refused |= {name for name, mend in MENDS.items() if mend in known}

    def learn(self, name: str) -> str:
        """Ask without `name` from now on; return the words for it."""
        self.refused.add(name)
        return MENDS[name]

    def apply(self, body: dict[str, Json]) -> dict[str, Json]:
        """Change `body` so that nothing refused is in it; the cap on tokens is renamed, never dropped."""
        for old, new in (("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")):
            if old in self.refused and old in body:
                body[new] = body.pop(old)
                break
        for name in self.refused - {"max_tokens", "max_completion_tokens"}:
            body.pop(name, None)
            if name == "logprobs":
                body.pop("top_logprobs", None)
        return body

    def lesson(self, error: Mapping[str, Json], sent: Mapping[str, Json], fixed: Iterable[str]) -> str | None:
        """Learn from the error object of a refusal of the body `sent`; the mend, or None when it teaches nothing.

        `fixed` are parameters that the user set and that are not ours to drop; the cap on tokens is only renamed.
        """
        kept = set(fixed) - set(CAPS)
        name = named(error, [name for name in sent if name not in kept])
        if name is None or {name, *self.refused} >= {"max_tokens", "max_completion_tokens"}:
            return None
        return self.learn(name)


def named(error: Mapping[str, Json], sent: Iterable[str]) -> str | None:
    """Which of the parameters `sent` the error refuses, or None."""
    message = str(error.get("message") or error.get("msg") or error.get("detail") or error)
    droppable = [name for name in sent if _ALIASES.get(name, name) in MENDS]
    if "n" in droppable and _ONE_CHOICE.search(message):
        return "n"
    if "temperature" in droppable and _NOT_ZERO.search(message) and _mentions(message, "temperature"):
        return "temperature"
    if not _REFUSES.search(message) and error.get("code") != "unsupported_parameter":
        return None
    told = str(error.get("param") or "")
    candidates = [told] if told in droppable else [name for name in droppable if _mentions(message, name)]
    return _ALIASES.get(candidates[0], candidates[0]) if candidates else None


def _mentions(message: str, name: str) -> bool:
    """One letter must be quoted to be a name; a word may stand alone. Where it first stands does not matter."""
    if len(name) == 1:
        return re.search(rf"['\"`]{name}['\"`]", message) is not None
    return re.search(rf"(?<![A-Za-z_]){name}(?![A-Za-z_])", message) is not None
