"""`promptci augment build` and `promptci rewrite build`: from a log of prompts to checked pairs with their card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from promptci.augment.base import UNASKED, Dropped, Kind
from promptci.augment.building import Built, build
from promptci.augment.card import Source, card, chats, dataset_info, loss, told
from promptci.augment.questions import Questions
from promptci.augment.reading import read as read_prompts
from promptci.augment.spec import Spec
from promptci.commands.augmenting import questions_of, spec_of
from promptci.config import Config
from promptci.core import Json, is_inside
from promptci.errors import ConfigError, DataError, UsageError
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.budget import require_prices
from promptci.project.inforce import in_force
from promptci.project.project import locate
from promptci.records.files import own_directory, write_atomically
from promptci.run.options import Options
from promptci.run.session import Session, limits_of, session


@dataclass(frozen=True, slots=True)
class Pairs:
    """Where a build lies, what it was in words, and whether it came to its end."""

    place: Path
    lines: tuple[str, ...]
    finished: bool


def pairs(options: Options, kind: Kind, name: str, file: Path, *, out: Path | None = None) -> Pairs:
    """Build the pairs of `augment/<name>.yaml` (or rewrite/) from the prompts in `file` into `out`.

    Written are `pairs.jsonl`, `dropped.jsonl`, `card.json` and `dataset_info.json`. An interrupted build goes on with
    `options.resume`: what was paid is not paid again, and the pairs are the same to the byte. Raises PromptciError for
    what a user can mend, before any call.
    """
    project = in_force(locate(options.config, Path()), trusted=options.trust_tree)
    spec = spec_of(project, kind, name)
    questions = questions_of(project, spec)
    embedder = embedder_of(project.config, spec)
    specs = [questions.generator, questions.judge, *([embedder] if embedder else [])]
    require_prices(specs, limits_of(options, project.config))
    if not file.is_file():
        raise DataError("no such file", place=str(file), hint="give a file of prompts, such as a log in JSON lines")
    place = out or own_directory(project.directory / ".promptci" / "pairs") / f"{kind}-{name}"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        hint = "name a folder that you may write to"
        raise UsageError(f"no folder can be made: {problem.strerror}", place=str(place), hint=hint) from None
    with session(project, options, searching=True) as run:
        answered = Answered(run)
        with (place / "dropped.jsonl").open("w", encoding="utf-8") as losses:
            built = build(read_prompts(file), answered, questions, lambda d: _note(losses, d), embedder)
        return _written(run, built, questions, answered, file, place)


def _note(losses: TextIO, dropped: Dropped) -> None:
    losses.write(loss(dropped))


class Answered:
    """Asks through a run's door, and keeps which models answered and whether any question was refused unasked."""

    def __init__(self, run: Session) -> None:
        self._door = run.door
        self.models: set[str] = set()
        self.unasked = 0

    def __call__(self, requests: Sequence[Request], /) -> list[Reply]:
        """Answer all, in order."""
        replies = self._door.ask_all(requests)
        self.models |= {reply.model for reply in replies if reply.model}
        self.unasked += sum(reply.failure is not None and reply.failure.kind in UNASKED for reply in replies)
        return replies


def embedder_of(config: Config, spec: Spec) -> ModelSpec | None:
    """The model that compares prompts, None where words do. Raises ConfigError where it is wanted and not named."""
    if spec.embed == "words":
        return None
    found = config.models.embedder_spec()
    if found is None:
        hint = "name one under `models: embedder:`, or write `embed: words`"
        raise ConfigError(
            "'embed: embedder' needs an embedding model", place=f"{spec.kind}/{spec.name}.yaml", hint=hint
        )
    return found


def _written(run: Session, built: Built, questions: Questions, answered: Answered, file: Path, place: Path) -> Pairs:
    spec, spent = questions.spec, run.door.spent
    source = Source(
        _sha256(file),
        questions.metaprompts.used,
        sorted(answered.models),
        spent.sent,
        spent.cost_usd,
        finished=not answered.unasked,
    )
    found = card(built, spec, source)
    write_atomically(place / "pairs.jsonl", chats(built.pairs, spec).encode())
    write_atomically(place / "dataset_info.json", dataset_info(f"{spec.kind}_{spec.name}", "pairs.jsonl").encode())
    write_atomically(place / "card.json", _pretty(found))
    lines = [*told(found), f"written to {place}: pairs.jsonl, dropped.jsonl, card.json, dataset_info.json"]
    if answered.unasked:
        stopped = run.door.stopped
        why = str(stopped) if stopped else "the budget is spent"
        lines.append(f"unfinished: {answered.unasked:,} questions were not asked: {why}")
        lines.append(f"next: raise the cap and go on with --resume {run.run}")
    return Pairs(place, tuple(lines), source.finished)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _pretty(value: Json) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


STARTER = """\
version: 1
# Said to the generator beside its own rules.
rules: []
# Which prompts are changed for users: all categories, or the names that `promptci {kind} eval` found to gain.
# ship: [coding, math]
limits: {{attempts: 3}}
# The built-in categories with their golden examples are used until you write your own:
# categories:
#   returns:
#     about: sending something back, refunds
#     golden:
#       - {{prompt: How do I send this back?, {made}: Give the steps in order. Say what is needed at each.}}
#       - {{prompt: where is my refund, {made}: Say how long it takes and what it depends on.}}
"""


def begin(options: Options, kind: Kind, name: str) -> Path:
    """Write a first `<kind>/<name>.yaml`. Raises UsageError when it is there, or the name cannot be a file's."""
    project = locate(options.config, Path())
    path = f"{kind}/{name}.yaml"
    if not is_inside(path) or "/" in name:
        raise UsageError(f"'{name}' cannot be the name of a file", hint="use letters, digits and dashes")
    place = project.directory / path
    if place.exists():
        raise UsageError(f"{path} is there already", hint="edit it, or choose another name")
    made = "complement" if kind == "augment" else "rewrite"
    write_atomically(place, STARTER.format(kind=kind, made=made).encode())
    return place
