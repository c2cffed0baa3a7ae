"""`promptci augment eval`, `promptci rewrite eval`: did changed requests get better answers, in which categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from promptci.augment.base import Kind, Typed
from promptci.augment.evaluating import Asked, by_file, categories, preferences, suffixed, unchanged
from promptci.augment.questions import Questions
from promptci.augment.reading import read as read_prompts
from promptci.augment.screen import Screen
from promptci.commands.augmenting import named, questions_of, spec_of
from promptci.core import Json
from promptci.decide.paired import Change
from promptci.decide.preferred import Preferred, preferred
from promptci.errors import DataError
from promptci.models.budget import require_prices
from promptci.project.inforce import in_force
from promptci.project.project import Project, locate
from promptci.run.options import Options
from promptci.run.session import limits_of, session

SUFFIX = "Think step by step, and answer clearly and completely."


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an evaluation showed, in words and as data; `verdict` is the gate's."""

    verdict: str
    lines: tuple[str, ...]
    data: dict[str, Json]


def evaluate(
    options: Options,
    kind: Kind,
    name: str,
    file: Path,
    *,
    against: str = "none",
    suffix: str = SUFFIX,
    rubric: str = "",
) -> Evaluated:
    """Send the prompts in `file` in two ways, and let the judge prefer one answer of each pair, in both orders.

    `against` is `none`, `suffix`, another file (`rewrite/NAME`), or `@REV`: this file as that revision has it. The
    scorer of promptci.yaml answers, its judge judges. Raises PromptciError for what a user can mend, before any call.
    """
    project = in_force(locate(options.config, Path()), trusted=options.trust_tree)
    spec = spec_of(project, kind, name)
    questions, models = questions_of(project, spec), project.config.models
    by = Asked(models.scorer_spec(), models.judge_spec(), rubric)
    other = _other(project, kind, name, against)
    old = by_file(other) if other is not None else suffixed(suffix) if against == "suffix" else unchanged
    asked = [questions.generator, questions.judge, by.scorer, by.judge, *([other.generator] if other else [])]
    require_prices(asked, limits_of(options, project.config))
    prompts = [row for row in Screen(spec)(read_prompts(file)) if isinstance(row, Typed)]
    if not prompts:
        raise DataError("no prompt in it is fit to be sent", place=str(file), hint="`build` says why of each")
    with session(project, options, searching=True) as run:
        ask = run.door.ask_all
        groups = categories(ask, questions, prompts)
        found = preferred(preferences(ask, prompts, groups, by_file(questions), old, by), spec.ship)
        spent = run.door.spent
        cost = f"{spent.sent:,} calls, {spent.cost_usd:.4f} USD; --resume {run.run} goes on"
    data = _data(found, f"{kind}/{name}", against, run.run)
    return Evaluated(found.verdict.name, (*_told(found, f"{kind}/{name}", against), cost), data)


def _other(project: Project, kind: Kind, name: str, against: str) -> Questions | None:
    """What the file asks that is compared with, None where it is none."""
    if against in ("none", "suffix"):
        return None
    if against.startswith("@"):
        return questions_of(project, spec_of(project, kind, name, project.repository.resolve(against[1:])))
    return questions_of(project, named(project, against))


def _told(found: Preferred, name: str, against: str) -> list[str]:
    change, lines = found.change, [f"{found.verdict.name.upper()}  {name} against {against}"]
    lines += [f"  {text}" for text in found.verdict.reasons]
    lines.append(f"  {_counts(change)}{_points(found.interval, change)}")
    if found.controlled is not None:
        rate = found.controlled
        lines.append(f"  at equal length: {rate.rate:.1%} won, 90 % interval {rate.low:.1%} to {rate.high:.1%}")
    lines += [f"    {group or '(no category)':<16} {_counts(c)}" for group, c in found.by_group.items()]
    if found.ships:
        lines.append(f"  shown to gain, at equal length too: `ship: [{', '.join(found.ships)}]`")
    else:
        lines.append("  no category is shown to gain")
    return lines


def _counts(change: Change) -> str:
    left = f", {change.unmeasured} unmeasured" if change.unmeasured else ""
    return f"{change.wins} won, {change.losses} lost, {change.ties} tied{left}"


def _points(interval: tuple[float, float] | None, change: Change) -> str:
    if interval is None or change.gain is None:
        return ""
    low, high = interval
    return f"; win minus lose {100 * change.gain:+.1f} points, 90 % interval {100 * low:+.1f} to {100 * high:+.1f}"


def _data(found: Preferred, name: str, against: str, run: str) -> dict[str, Json]:
    rate = found.controlled
    return {
        "schema": "promptci.preferred/1",
        "name": name,
        "against": against,
        "run": run,
        "verdict": found.verdict.name,
        "reasons": [{"kind": reason.kind, "text": reason.text} for reason in found.verdict.told],
        **_side(found.change),
        "interval": found.interval,
        "length_controlled": rate and {"rate": rate.rate, "low": rate.low, "high": rate.high},
        "categories": {group: _side(change) for group, change in found.by_group.items()},
        "ships": list(found.ships),
    }


def _side(change: Change) -> dict[str, int]:
    counts: Sequence[str] = ("wins", "losses", "ties", "unmeasured")
    return {name: getattr(change, name) for name in counts}
