"""A prompt and its cases together: what would only show in the answers is refused before a call is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from promptci.core import Case, Prompt, Style
from promptci.errors import DataError
from promptci.prompts.conversation import Conversation
from promptci.prompts.foreign import fields, is_format, unfilled

_DATA = (".json", ".yaml", ".yml")
# By their ending, or inside, such files say how their placeholders are written.
_SAYS = (".j2", ".jinja", ".jinja2", ".prompty")
_JINJA = re.compile(r"\{%|\{#|\{\{-?\s*(?:[A-Za-z_]\w*\s*(?:[-|.\[(~=!<>]|\}\}|(?:if|is|in|and|or)\b))")


def styled(prompt: Prompt, cases: Sequence[Case]) -> Prompt:
    """Return a prompt that nobody said the style of as a Python format text, where it plainly is one.

    That is: nothing in it is Jinja2, all of its fields (`{name}`, one at least) are columns of the cases, and literal
    braces are written twice in it, or it is a chat in data that names every column. Fields alone in a file of text may
    be meant for the model or half converted: they are refused.
    """
    if prompt.style != "jinja" or prompt.path.endswith(_SAYS):
        return prompt
    texts = [part.whole for part in prompt.parts]
    found = {name for text in texts for name in fields(text)}
    columns = {name for case in cases for name in case.vars}
    doubled = any("{{" in text or "}}" in text for text in texts)
    data = prompt.path.endswith(_DATA)
    named = bool(found) and ((data and found == columns) or (doubled and found <= columns))
    plainly = named and all(is_format(text) and not _JINJA.search(text) for text in texts)
    return replace(prompt, style="fstring") if plainly else prompt


def refuse_unfillable(conversation: Conversation, cases: Sequence[Case], place: str) -> None:
    """Raise DataError when a case lacks a value, or when columns stand in the prompt in a way that is not filled.

    `place` is the eval set's path. Placeholders of another language (`{name}`, `${name}`, `$name`, `%(name)s`,
    `<name>`) are mistakes when `name` is a column of the cases; so is a chat in which no case's input has a place.
    """
    _refuse_foreign(conversation, cases)
    for case in cases:
        if lacking := conversation.lacking(case):
            columns = ", ".join(sorted(case.vars)) or "none"
            style = conversation.prompt.style
            mend = _near(lacking[0], case, style) or f"braces that are meant for the model {_LITERAL[style]}"
            hint = f"its columns are: {columns}; {mend}"
            problem = f"case '{case.id}' has no '{lacking[0]}', which {conversation.prompt.path} uses"
            raise DataError(problem, place=place, hint=hint)
        if any(part.role == "chat" for part in conversation.prompt.parts):
            conversation.messages(case)  # only a filled template shows whether it is a chat
    _refuse_unused(conversation, cases)


_LITERAL = {
    "jinja": "go between {% raw %} and {% endraw %}",
    "github": "go between {% raw %} and {% endraw %}",
    "handlebars": "are written \\{{",
    "fstring": "are written twice",
    "none": "stay",
}


_ELSEWHERE = {
    "env": "a prompt reads no environment: put the value into a column",
    "_conversation": "every case is asked by itself: its earlier turns go into `messages` of its row",
}


def _near(name: str, case: Case, style: Style) -> str | None:
    """What to do where the value is there under another name: inside a column, or with blanks in its name."""
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    for column, value in case.vars.items():
        if isinstance(value, Mapping) and name in value:
            dotted = f"write {{{{ {column}.{name} }}}}" if style in ("jinja", "handlebars") else "make it a column"
            return f"'{name}' stands inside '{column}': {dotted}"
        if _bare(column) == _bare(name):
            return f"rename the column '{column}' to '{name}'"
    return None


def _bare(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


_MENDS = {
    "jinja": "{{{{ {0} }}}}",
    "github": "{{{{{0}}}}}",
    "handlebars": "{{{{{0}}}}}",
    "fstring": "{{{0}}}",
    "none": "",
}


def _refuse_foreign(conversation: Conversation, cases: Sequence[Case]) -> None:
    columns = {name for case in cases for name in case.vars}
    prompt = conversation.prompt
    used = conversation.variables | conversation.optional
    for part in prompt.parts:
        for at, written, name in unfilled(part.whole, prompt.style, columns, any_filled=bool(used)):
            if written.startswith("<") and name in used:
                continue  # the text speaks of the tag that fences the value
            line = max(1, part.first_line - part.before.count("\n")) + part.whole.count("\n", 0, at)
            mend = _MENDS[prompt.style].format(name)
            hint = (
                f"write {mend}"
                if mend and name
                else "write the columns' names: {{ name }}"
                if not name
                else "say in promptci.yaml how placeholders are written: template: jinja"
            )
            if written == f"{{{name}}}":
                hint += ", or set `template: fstring` for this prompt"
            why = f"and '{name}' is a column of the cases" if name else "and no other is there"
            problem = f"'{written}' looks like a placeholder, {why}: it would be sent as it is"
            raise DataError(problem, place=f"{prompt.path}:{line}", hint=hint)


def _refuse_unused(conversation: Conversation, cases: Sequence[Case]) -> None:
    """A chat that ends in a fixed user message asks every case the same."""
    prompt = conversation.prompt
    if conversation.variables or conversation.optional or any(p.role == "history" for p in prompt.parts):
        return
    if prompt.parts[-1].role != "user":
        return
    case = next((c for c in cases if c.vars and not c.messages), None)
    if case is not None and len(cases) > 1:
        hint = f"put a placeholder into a message; the columns are: {', '.join(sorted(case.vars))}"
        problem = "no message has a placeholder, so every case would be asked the same"
        raise DataError(problem, place=f"{prompt.path}:{prompt.parts[-1].first_line}", hint=hint)
