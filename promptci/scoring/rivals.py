"""The base's answers, where a metric compares with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from promptci.core import Outcome, Reason
from promptci.extraction import Extraction
from promptci.models.base import Reply, Request
from promptci.models.door import Door
from promptci.scoring.base import Grading, Opponent, Rival, Task

Key = tuple[str, str, str, int]  # what an answer belongs to: the prompt's digest, the model, the case and the sample


def opponent_key(task: Task, opponent: Opponent | None = None) -> Key:
    """Return what the answer to a task belongs to; with an opponent, that one's answer to it."""
    asked = opponent or Opponent(task.template, task.spec)
    return asked.template.digest, repr(asked.spec), task.case.id, task.sample


def with_rivals(door: Door, tasks: Sequence[Task], grading: Grading, known: Mapping[Key, Outcome]) -> list[Task]:
    """Return the tasks, each with its opponent's answer to the same case under the same sample.

    What is among `known` is not asked for. Raises DataError when a case lacks a variable of the opponent's template.
    """
    pairs = [(task, task.against) for task in tasks if task.against is not None]
    waiting = [(task, other) for task, other in pairs if opponent_key(task, other) not in known]
    asked = [Request(o.spec, "scorer", o.template.messages(t.case), t.sample) for t, o in waiting]
    keys = [opponent_key(task, other) for task, other in waiting]
    found = {key: _rival(reply, grading.extraction) for key, reply in zip(keys, door.ask_all(asked), strict=True)}
    found |= {key: _said(outcome.output, outcome.score.reason, outcome.stored) for key, outcome in known.items()}
    return [replace(task, rival=found[opponent_key(task, other)]) for task, other in pairs]


def _rival(reply: Reply, extraction: Extraction) -> Rival:
    if reply.text is None:
        return _said(None, None if reply.failure is None else reply.failure.reason, reply.cached)
    found = extraction.apply(reply.text)
    return _said(found.text, Reason("empty", str(found.problem)), reply.cached)


def _said(text: str | None, reason: Reason | None, stored: bool) -> Rival:
    if text is not None:
        return Rival(text, None, stored)
    why = reason or Reason("no_rival", "there is none")
    return Rival(None, Reason(why.kind, f"the base's answer: {why.text}"), stored)
