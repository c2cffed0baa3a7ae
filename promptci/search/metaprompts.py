"""Meta-prompts: what the optimizer model is asked, as Jinja2 templates, and how its reply is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from promptci.core import Case, Json, Message, digest
from promptci.errors import ConfigError
from promptci.prompts.render import input_of
from promptci.search.base import Candidate, Proposal
from promptci.search.layout import Layout
from promptci.search.reading import TAG

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment

_TAGGED = re.compile(rf"<{TAG}>(.*?)</{TAG}>", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)
NO_REPLY = "no reply"


@dataclass(frozen=True)
class MetaPrompts:
    """Renders meta-prompts by name from the first folder of `paths` that has them.

    A repository puts its own folder before the packaged one. `used` collects the digest of each template that was read,
    for the run record. `compared` says in a sentence how answers are compared with what is expected: without it the
    optimizer model cannot know that one word, and nothing around it, is all that is missing.
    """

    paths: tuple[Path, ...]
    used: dict[str, str] = field(default_factory=dict)
    compared: str = ""

    def ask(self, name: str, *, data: Sequence[str] = (), **values: object) -> tuple[Message, ...]:
        """Return the question as one user message. `data` are the texts that the fence must not collide with.

        Templates get `values`, `compared`, `tag` (the wanted answer's tag) and `fence`, a name that occurs in no text
        of `data` and that nobody who wrote one of them could know. ConfigError when the template is missing or bad.
        """
        import jinja2

        try:
            template = self._environment.get_template(f"{name}.j2")
            text = template.render(tag=TAG, fence=_fence(data), compared=self.compared, **values)
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, RecursionError) as problem:
            raise ConfigError(
                f"cannot use the meta-prompt: {problem or type(problem).__name__}",
                place=f"templates/{name}.j2",
                hint="compare it with the packaged template of the same name",
            ) from None
        return (Message("user", text.strip() + "\n"),)

    @cached_property
    def _environment(self) -> Environment:
        import jinja2
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        loader: BaseLoader = jinja2.FunctionLoader(self._source)
        # Plain text for a model: nothing here is HTML, so nothing is escaped. Overriding templates come from a
        # repository that may be a stranger's, hence the sandbox.
        return ImmutableSandboxedEnvironment(
            loader=loader, undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )

    def _source(self, name: str) -> tuple[str, str, None] | None:
        if ".." in Path(name).parts or Path(name).is_absolute():
            return None
        for folder in self.paths:
            path = folder / name
            # A link must not lead out of the folder: what is read here is sent to a model.
            if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                text = path.read_text(encoding="utf-8")
                self.used[name] = digest(text)
                return text, str(path), None
        return None


def _fence(data: Sequence[str]) -> str:
    """A name for the data's tags, made from the data: the same in every run, and nobody can write it into the data."""
    name = ""
    for salt in range(len(data) + 2):
        name = "data-" + digest([salt, *data])[:8]
        if not any(name in text for text in data):
            break
    return name


@dataclass(frozen=True, slots=True)
class Example:
    """A case as the optimizer model sees it. `given` is what the incumbent answered, where that is shown."""

    input: str
    output: str
    given: str | None = None


def example(case: Case, given: str | None = None) -> Example:
    """Show a case; of several accepted answers the first."""
    return Example(input_of(case.vars), answer_text(case.expected), given)


def answer_text(expected: Json) -> str:
    """The expected answer as text: the first of several accepted ones, a record as JSON."""
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        return answer_text(expected[0]) if expected else ""
    if isinstance(expected, Mapping):
        import json

        return json.dumps(dict(expected), ensure_ascii=False)
    return "" if expected is None else str(expected)


def placeholders(text: str) -> list[str]:
    """The different `{{ ... }}` of a template, in order."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def texts_of(examples: Iterable[Example]) -> list[str]:
    """Every text of the examples, for the fence."""
    return [text for e in examples for text in (e.input, e.output, e.given or "")]


def placed(
    reply: str | None,
    origin: str,
    layout: Layout,
    parents: Sequence[Candidate] = (),
    shown: Sequence[Case] = (),
) -> Proposal:
    """Read one reply strictly (exactly one tagged, non-empty text) and put the text in its place.

    Anything else is a proposal without a text: it is counted and shown, never scored.
    """
    text, reason = tagged(reply)
    return Proposal(
        origin,
        None if text is None else layout.place(text),
        reply or "",
        reason,
        parents=tuple(c.id for c in parents),
        shown=tuple(c.id for c in shown),
    )


def tagged(reply: str | None) -> tuple[str | None, str]:
    """The one tagged text, or None with the reason: `no reply`, or `unreadable reply` with what is wrong."""
    if reply is None:
        return None, NO_REPLY
    if reply.count(f"<{TAG}>") != 1 or reply.count(f"</{TAG}>") != 1:
        return None, f"unreadable reply (not one <{TAG}> ... </{TAG}>)"
    found = _TAGGED.search(reply)
    text = found.group(1).strip() if found else ""
    return (text, "") if text else (None, "unreadable reply (empty)")
