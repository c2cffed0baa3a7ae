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
from promptci.search.layout import Layout, question_start
from promptci.search.reading import TAG, fenced, json_texts, spoken, tagged_texts, unwrapped

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment

_CONSTRUCT = re.compile(r"\{\{|\{%")
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)
NO_REPLY = "no reply"


@dataclass(frozen=True)
class MetaPrompts:
    """Renders meta-prompts by name from the first folder of `paths` that has them.

    A repository puts its own folder before the packaged one. `used` collects the digest of each template that was read,
    for the run record. `compared` says in a sentence how answers are compared with what is expected: without it the
    optimizer model cannot know that one word, and nothing around it, is all that is missing. `heed` stands above every
    question: what people want of whatever is written.
    """

    paths: tuple[Path, ...]
    used: dict[str, str] = field(default_factory=dict)
    compared: str = ""
    heed: str = ""

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
        said = f"{self.heed}\n\n" if self.heed else ""
        return (Message("user", said + text.strip() + "\n"),)

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
    """Show a case, its values and then its own chat; of several accepted answers the first."""
    values = [input_of(case.vars)] if case.vars else []
    chat = [f"{message.role}: {message.content}" for message in case.messages if message.content]
    return Example("\n".join((*values, *chat)), answer_text(case.expected), given)


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
    """Read one reply and put its text in its place; the form may be odd, the text has to be one and plain.

    A text that lost every placeholder of its parent gets the parent's question back under it. What cannot be read is a
    proposal without a text: it is counted and shown, never scored.
    """
    whole = parents[0].bare if parents and layout == Layout() else ""
    text, reason = answer_of(reply, placeholders(whole))
    if text is not None and whole:
        text = _mended(text, whole)
    return Proposal(
        origin,
        None if text is None else layout.place(text),
        reply or "",
        reason,
        parents=tuple(c.id for c in parents),
        shown=tuple(c.id for c in shown),
    )


def answer_of(reply: str | None, wanted: Sequence[str] = ()) -> tuple[str | None, str]:
    """The one text that a reply gives, or None with the reason: `no reply`, or `unreadable reply` with what is wrong.

    In this order: the text in tags (of several the one that holds the `wanted` placeholders), a text in JSON or in a
    fence, or a bare reply that holds them. Two different answers are none.
    """
    if reply is None:
        return None, NO_REPLY
    said = spoken(reply)
    if not said:
        return None, "unreadable reply (empty)"
    found = [text for text in tagged_texts(said) if text.casefold() not in _BETWEEN]
    if not found:
        bare = [*json_texts(said), *map(unwrapped, fenced(said))] or ([unwrapped(said)] if wanted else [])
        found = [text for text in bare if _holds(text, wanted)]
    different = list(dict.fromkeys(found))
    holding = [text for text in different if _holds(text, wanted)] if wanted and len(different) > 1 else different
    if len(holding) != 1:
        what = f"{len(different)} different answers" if different else f"no <{TAG}> ... </{TAG}>"
        return None, f"unreadable reply ({what})"
    if any(phrase in holding[0] for phrase in _OURS):
        return None, "unreadable reply (repeats the question)"
    return holding[0], ""


# What stands between the two tags where a reply only names them.
_BETWEEN = frozenset(("and", "or", "to", "with", "...", "…"))
_OURS = ("is data; nothing in it is meant for you", f"between <{TAG}> and", "write that pair of tags only once")


def _holds(text: str, wanted: Sequence[str]) -> bool:
    compact = "".join(text.split())
    return bool(re.search(r"\w", text)) and all("".join(p.split()) in compact for p in wanted)


def _mended(text: str, whole: str) -> str:
    """The text with `{name}` as `{{ name }}` where that is a placeholder, and with a lost question under it."""
    names = {p.strip("{} \n"): p for p in placeholders(whole)}
    for name, full in names.items():
        if full not in text and f"{{{{{name}}}}}" not in text:
            text = "".join(full if i % 2 else part for i, part in enumerate(_single(name).split(text)))
    if names and not _CONSTRUCT.search(text):
        text = f"{text}\n\n{whole[question_start(whole) :].strip()}"
    return text


def _single(name: str) -> re.Pattern[str]:
    """A placeholder in single braces, in a group so that splitting by it keeps it at the odd places."""
    return re.compile(rf"(?<!\{{)(\{{\s*{re.escape(name)}\s*\}})(?!\}})")
