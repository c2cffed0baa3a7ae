"""What differs between two sides of a prompt, in words: the prompt itself, and the way it is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promptci.config import GateSettings, PromptSettings
from promptci.core import Case, Part, Prompt, case_digest, digest
from promptci.metrics.combined import differences
from promptci.project.side import Side, parameters_of


def prompt_changes(old: Side, new: Side) -> tuple[str, ...]:
    """Return what changed in the prompt itself, in words: its messages, its parameters, its partials."""
    before, after = old.prompt, new.prompt
    changes = []
    if before.template != after.template:
        changes.append("prompt text")
    if _others(before) != _others(after):
        changes.append("messages")
    names = sorted(before.parameters.keys() | after.parameters.keys())
    changes += [name for name in names if before.parameters.get(name) != after.parameters.get(name)]
    if (before.style, before.defaults) != (after.style, after.defaults):
        changes.append("placeholders")
    was, now = old.partials.texts, new.partials.texts
    return (*changes, *(f"partial {path}" for path in now if path in was and was[path] != now[path]))


def _others(prompt: Prompt) -> list[Part]:
    """Return the messages in their order, the rewritable one's text apart."""
    parts = [replace(part, first_line=1) for part in prompt.parts]
    parts[prompt.rewrite] = replace(parts[prompt.rewrite], text="")
    return parts


def measure_changes(old: Side, new: Side) -> tuple[str, ...]:
    """Return what changed in the way the prompt is measured, in words."""
    changes = []
    if old.cases != new.cases and _rows(old.cases) != _rows(new.cases):
        changes.append(_case_changes(old.cases, new.cases))
    changes += differences(old.grading.combined, new.grading.combined)
    if old.judge != new.judge and None not in (old.judge, new.judge):
        changes.append("judge model")
    if old.grading.extraction != new.grading.extraction:
        changes.append("what of a reply is graded")
    before, after = old.configured, new.configured
    if before.model != after.model:
        changes.append(f"model ({before.model} to {after.model})")
    elif parameters_of(before) != parameters_of(after):
        changes.append("model parameters")
    return tuple(changes)


def settings_changes(old: PromptSettings, new: PromptSettings) -> tuple[str, ...]:
    """Return which settings changed that neither prompt nor measure shows: the name, and when a change is blocked."""
    changes = [] if old.id == new.id else [f"id, was {old.id}"]
    changes += [
        f"gate.{name}" for name in GateSettings.model_fields if getattr(old.gate, name) != getattr(new.gate, name)
    ]
    return (f"settings ({', '.join(changes)})",) if changes else ()


def _rows(cases: Sequence[Case]) -> dict[str, str]:
    """Return a hash of each case by its id; tags count: they change no score, but gates read them."""
    return {c.id: digest([case_digest([c]), sorted(c.tags)]) for c in cases}


def tests_changed(old: Side, new: Side) -> list[str]:
    """Return the ids of the base's cases that the new eval set edits or lacks."""
    if old.cases == new.cases:
        return []
    before, after = _rows(old.cases), _rows(new.cases)
    return [case_id for case_id, row in before.items() if after.get(case_id) != row]


def _case_changes(old: Sequence[Case], new: Sequence[Case]) -> str:
    before, after = _rows(old), _rows(new)
    added, removed = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    edited = sum(before[i] != after[i] for i in before.keys() & after.keys())
    counts = ((added, "added"), (edited, "edited"), (removed, "removed"))
    return "eval set (" + ", ".join(f"{n} {word}" for n, word in counts if n) + ")"
