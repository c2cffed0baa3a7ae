"""A prompt compiled: one case in, the chat that is sent for it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from promptci.core import Case, Json, Message, Part, Prompt, Style, digest
from promptci.errors import DataError
from promptci.pictures import HINT, is_address
from promptci.prompts import turns
from promptci.prompts.chat import filled
from promptci.prompts.partials import NO_PARTIALS, Partials
from promptci.prompts.render import Names, compile_template, input_of
from promptci.prompts.styles import Rendering, compile_text
from promptci.untrusted import one_line

_NONE = ("", "null")  # a picture that a case does not have
CHAT = frozenset(("input", "messages", "history"))  # names by which a prompt may say where a row's chat goes


@dataclass(frozen=True)
class Conversation:
    """The templates of a prompt's messages, ready to be filled. Made by `compile_prompt` or `plain`.

    `partials` are the files that its texts include. `with_text` gives the same with another rewritable text.
    """

    prompt: Prompt
    partials: Partials = NO_PARTIALS

    @property
    def text(self) -> str:
        """The rewritable part's template, as the file has it."""
        return self.prompt.template

    @cached_property
    def variables(self) -> Names:
        """The names that every case must have."""
        return frozenset(n for r in self._all for n in r.variables) - set(self.prompt.defaults)

    @cached_property
    def optional(self) -> Names:
        """The names that a case may have."""
        used = frozenset(n for r in self._all for n in r.variables | r.optional)
        return used - self.variables

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that decides what is sent: every message's text with its partials, and the parameters."""
        prompt = self.prompt
        texts = [self._expanded(part) for part in prompt.parts]
        alone = len(texts) == 1 and prompt.parts[0].role is None and prompt.style == "jinja"
        if alone and not prompt.parameters and not prompt.defaults:
            return digest(texts[0])  # as baselines of plain texts have it
        parts = [
            [p.role, t, [c.asked for c in p.tool_calls], p.tool_call_id, *p.pictures, *_named(p)]
            for p, t in zip(prompt.parts, texts, strict=True)
        ]
        named = self.partials.named() if prompt.style == "handlebars" else {}
        return digest([parts, prompt.style, dict(prompt.parameters), dict(prompt.defaults), named])

    def with_text(self, text: str) -> Conversation:
        """Return the conversation with another rewritable text. Raises DataError for bad syntax."""
        return compile_prompt(self.prompt.with_text(text), self.partials)

    def lacking(self, case: Case) -> list[str]:
        """Return the names that the prompt needs and the case does not have, sorted."""
        given = CHAT if case.messages else frozenset()
        return sorted(self.variables - set(case.vars) - given)

    def messages(self, case: Case) -> tuple[Message, ...]:
        """Return the chat for one case. Raises DataError for a missing value.

        Plain text with placeholders is the user message; without any it is the system message, and the case's input
        (its `input`, or its only value, or all of them as `name: value` lines) follows as the user message, as it does
        behind other messages that end in no user message. A case's own chat goes where the prompt names it (`history`,
        `messages` or `input`), else in front of the last user message, else to the end.
        """
        values: Mapping[str, Json] = {**self.prompt.defaults, **case.vars}
        if case.messages:
            values = {**dict.fromkeys(CHAT, ""), **values}
        found: list[Message] = []
        put = not case.messages
        for part, rendering in zip(self.prompt.parts, self._renderings, strict=True):
            if part.role != "history":
                found += self._said(part, rendering, values, case)
            if not put and (part.role == "history" or self._names_chat(rendering, case)):
                found, put = [*found, *case.messages], True
        if not put:
            at = next((i for i in range(len(found) - 1, 0, -1) if found[i].role == "user"), len(found))
            return (*found[:at], *case.messages, *found[at:])
        if not case.messages and not (self.variables or self.optional) and (not found or found[-1].role != "user"):
            found.append(Message("user", input_of(case.vars)))
        return tuple(found)

    def _said(self, part: Part, rendering: Rendering, values: Mapping[str, Json], case: Case) -> list[Message]:
        if part.role == "turns":
            turns.refuse_marks(values, self.prompt.path)
            return turns.messages(rendering.render(values), self.prompt.path)
        text = rendering.render(values)
        if part.role == "chat":
            return [self._sendable(message) for message in filled(text, self.prompt.path)]
        if case.messages and self._names_chat(rendering, case):
            text = text.strip()
            if not text:
                return []
        role = part.role
        if role is None or role == "history":
            role = "user" if (self.variables or self.optional) and not case.messages else "system"
        pictures = tuple(p for r in self._pictures.get(part.pictures, ()) if (p := r.render(values)) not in _NONE)
        return [self._sendable(Message(role, text, part.tool_calls, part.tool_call_id, pictures, part.name))]

    def _sendable(self, message: Message) -> Message:
        """Raise DataError for a picture that no server could be sent."""
        wrong = next((p for p in message.pictures if not is_address(p)), None)
        if wrong is not None:
            raise DataError(f"{one_line(wrong, limit=60)!r} is no picture's address", place=self.prompt.path, hint=HINT)
        return message

    @cached_property
    def _pictures(self) -> Mapping[tuple[str, ...], tuple[Rendering, ...]]:
        """The templates of the parts' pictures, compiled."""
        prompt = self.prompt
        return {
            p.pictures: tuple(compile_text(t, prompt.style, prompt.path, p.first_line) for t in p.pictures)
            for p in prompt.parts
        }

    @property
    def _all(self) -> tuple[Rendering, ...]:
        return (*self._renderings, *(r for some in self._pictures.values() for r in some))

    def _names_chat(self, rendering: Rendering, case: Case) -> bool:
        return bool((rendering.variables | rendering.optional) & (CHAT - set(case.vars)))

    @cached_property
    def _renderings(self) -> tuple[Rendering, ...]:
        prompt = self.prompt
        named = tuple(self.partials.named().items()) if prompt.style == "handlebars" else ()
        return tuple(
            compile_template(self._expanded(p), prompt.path, p.first_line, json=True)
            if p.role == "chat"
            else compile_text(
                self._expanded(p), prompt.style, prompt.path, max(1, p.first_line - p.before.count("\n")), named
            )
            for p in prompt.parts
        )

    def _expanded(self, part: Part) -> str:
        whole = turns.marked(part.whole) if part.role == "turns" else part.whole
        return self.partials.expand(whole) if self.prompt.style == "jinja" else whole


def _named(part: Part) -> list[Json]:
    return [] if part.name is None else [{"name": part.name}]  # older digests have none


def compile_prompt(prompt: Prompt, partials: Partials = NO_PARTIALS) -> Conversation:
    """Compile every message of a prompt. Raises DataError with place:line for bad syntax in any of them."""
    found = Conversation(prompt, partials)
    _ = found.variables  # compiles: a mistake shows here, not in the middle of a run
    return found


def plain(text: str, place: str = "prompt", style: Style = "jinja") -> Conversation:
    """Return the conversation of one plain text."""
    return compile_prompt(Prompt(place, place, (Part(None, text),), style=style))
