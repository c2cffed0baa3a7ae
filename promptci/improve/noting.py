"""The note that a search makes before it pays for anything, and how the next one finds it."""

from __future__ import annotations

from dataclasses import asdict, replace

from promptci.core import Json, digest
from promptci.decide.aims import Aim
from promptci.project.side import Side
from promptci.records import intention
from promptci.records.intention import Intention
from promptci.run.session import Session


def key_of(run: Session, old: Side, strategy: str, aim: Aim) -> str:
    """Return the digest of all that decides a search: its aim, prompt, cases, metric, models, settings and --seed.

    Not the budget, which only says how far it gets, nor the ledger: the level of the next question is read anew.
    """
    optimizer = run.config.models.optimizer_spec()
    content: list[Json] = [
        old.settings.id,
        old.settings.file,
        digest(old.content.decode("utf-8", "replace")),
        asdict(old.measure("")),
        sorted(old.partials.texts.items()),
        strategy,
        aim.name,
        run.config.search.model_dump(mode="json"),
        [optimizer.model, optimizer.base_url, optimizer.temperature, optimizer.max_tokens],
        run.options.seed,
    ]
    return digest(content)


def noted(run: Session, old: Side, strategy: str, aim: Aim) -> Session:
    """Note what is about to be searched and return the session to do it in.

    Where this run, or the same search in another, was begun before, it draws that one's random numbers: it then asks
    for the very answers that are paid for.
    """
    key, prompt_id = key_of(run, old, strategy, aim), old.settings.id
    found = intention.noted(run.place, prompt_id) or intention.made_before(run.place.parent, key)
    commit = run.draws if found is None else found.commit
    intention.note(run.place, prompt_id, Intention(key, commit))
    return replace(run, drawn_from=commit)
