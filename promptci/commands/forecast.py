"""What a command would cost, before anything is sent: calls, tokens, dollars and minutes; low, likely and at most."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptci.commands.check import base_of
from promptci.commands.optimize import refuse_unknown
from promptci.commands.requesting import planned_for
from promptci.commands.upgrade import planned as upgrades
from promptci.config.models import PriceSettings
from promptci.core import Reason
from promptci.decide.aims import ACCURACY, AIMS, Aim
from promptci.errors import PromptciError
from promptci.evals.split import Split
from promptci.improve.aiming import lean_of, parted, too_few, too_small, unfit
from promptci.improve.attempt import prepared
from promptci.improve.reserve import Reserve, reserve
from promptci.improve.search import SCREENING, strategy_of
from promptci.measure.baseline import ANSWERS
from promptci.metrics.base import asks
from promptci.metrics.expected import answers
from promptci.models.base import ModelSpec, Request, Usage
from promptci.models.budget import dollars, guess, price
from promptci.project.project import Project, locate
from promptci.project.side import Side, side
from promptci.report.layout import table
from promptci.report.read import read
from promptci.run.options import Options
from promptci.run.session import limits_of
from promptci.search.lean import ASKS
from promptci.search.screening.plan import start_cases
from promptci.untrusted import one_line

_SECONDS = 1.5  # of one call, where no run at hand has measured it
_OUTPUT = (0.05, 0.25, 1.0)  # of `max_tokens`: what an answer has, low, likely and at most
_SPENT, _WRITING = 0.9, 0.03  # of the calls that a screening may make: how many it makes, and those to the optimizer
_LEANER, _SHORTER = 0.85, 400  # the same of a search for less; tokens of a question for shorter wordings, text aside
_EARLY = 0.1  # of the cases: where a gate that sees a plain pass stops


@dataclass(frozen=True, slots=True)
class Part:
    """Calls of one kind (low, likely, most) to one model, each with this many tokens in."""

    calls: tuple[int, int, int]
    spec: ModelSpec
    input_tokens: int

    def usage(self, at: int) -> Usage:
        """Return the tokens of all calls at one of the three levels."""
        return Usage(self.calls[at] * self.input_tokens, round(self.calls[at] * _OUTPUT[at] * self.spec.max_tokens))


def of_check(options: Options, *, ids: Sequence[str], base: str | None, everything: bool) -> list[str]:
    """Return what `check` would cost, by the settings that it would go by. Raises PromptciError as the check would."""
    project = locate(options.config, Path())
    start = base_of(project, base)
    guarded = start.guards and not options.trust_tree
    project, found = planned_for(project, start, ids=ids, everything=everything, guarded=guarded)
    if not found:
        since = f" since {start.commit[:12]}" if start.commit else ""
        return [f"No prompt changed{since}: nothing would be asked. `--all` measures every prompt."]
    arms = [(one.new, 1 + (one.old is not None) + bool(one.new.settings.without)) for one in found]
    parts = [p for new, count in arms for p in _measuring(new, count, options.repeat)]
    return told(project, options, parts)


def of_alone(options: Options, *, ids: Sequence[str]) -> list[str]:
    """Return what `check --accept` and `check --self` would cost: as many answers a case as a baseline has.

    With `--self`, prompts whose stored baseline is of just this text cost nothing, which is not taken off.
    """
    project, sides = _chosen(options, ids)
    each = ((one, max(ANSWERS, options.repeat) * len(one.cases)) for one in sides)
    return told(project, options, [part for one, calls in each for part in _asking(one, (calls, calls, calls))])


def of_explain(options: Options, *, ids: Sequence[str], calls: int) -> list[str]:
    """Return what `explain` would cost: `calls` for each prompt; low, those that a prompt of one sentence takes."""
    project, sides = _chosen(options, ids)
    answers = ((one, calls // one.grading.calls_per_answer(one.cases)) for one in sides)
    return told(project, options, [part for one, most in answers for part in _asking(one, (0, most, most))])


def _chosen(options: Options, ids: Sequence[str]) -> tuple[Project, list[Side]]:
    project = locate(options.config, Path())
    return project, [side(project, project.config, settings, None) for settings in project.config.chosen(ids)]


def of_optimize(
    options: Options, *, ids: Sequence[str], strategy: str | None = None, files: Sequence[str] = ()
) -> list[str]:
    """Return what `optimize` would cost for what it would search, and why, where it would ask nothing at all.

    Raises PromptciError as the search would, for a file that is none of a program's and an aim that cannot be.
    """
    project, found = _of_searches(options, ids, strategy, files)
    idle = [f"{one_line(one.side.settings.id)}: {one.problem.text}" for one in found if one.problem]
    return [*told(project, options, [part for one in found for part in _searching(project, one)]), *idle]


def _of_searches(
    options: Options, ids: Sequence[str], strategy: str | None, files: Sequence[str] = ()
) -> tuple[Project, list[Search]]:
    refuse_unknown(strategy, files)
    project = locate(options.config, Path())
    chosen = prepared(project, project.config.chosen(ids), "dry-run", file=next(iter(files), None))
    aim, cap = AIMS[project.config.search.goal], limits_of(options, project.config).max_calls
    return project, _searches(project, [old for old, _ in chosen], cap, aim, strategy)


def of_upgrade(
    options: Options, *, to: Sequence[str], ids: Sequence[str], prices: dict[str, PriceSettings]
) -> list[str]:
    """Return what `upgrade` would cost: both models on every prompt, and, at most, a search for each.

    What rewriting takes of it has a line of its own: nothing where no prompt gets worse.
    """
    found = upgrades(options, to=to, ids=ids, prices=prices, mode="print")
    parts: list[Part] = []
    rewriting: list[Part] = []
    cap = limits_of(options, found.project.config).max_calls
    for move in (move for moved in found.found for move in moved):
        parts += [*_measuring(move.old, 1, options.repeat), *_measuring(move.new, 1, options.repeat)]
        found_out = (p for one in _searches(found.project, [move.new], cap) for p in _searching(found.project, one))
        rewriting += [Part((0, 0, p.calls[2]), p.spec, p.input_tokens) for p in found_out]
    measured, most = sum(p.calls[1] for p in parts), sum(p.calls[2] for p in rewriting)
    most = most if cap is None else max(0, min(most, cap - measured))
    said = f"Of these up to {most:,} calls rewrite prompts that get worse on the new model; 0 where none does."
    return [*told(found.project, options, [*parts, *rewriting]), said]


def _measuring(one: Side, arms: int, repeat: int) -> Iterator[Part]:
    """Every case of each arm once; at most, all of them are asked afresh to confirm a drop."""
    all_cases = arms * len(one.cases) * repeat
    yield from _asking(one, (math.ceil(_EARLY * all_cases), all_cases, 2 * all_cases))


@dataclass(frozen=True, slots=True)
class Search:
    """A search before it begins: its part of the calls, those `kept` for the confirmation; why it asks nothing."""

    side: Side
    strategy: str
    aim: Aim
    parts: Split
    share: int | None
    kept: Reserve
    problem: Reason | None


def _searches(
    project: Project, sides: Sequence[Side], cap: int | None, aim: Aim = ACCURACY, strategy: str | None = None
) -> list[Search]:
    """Return the searches of these prompts, which share the calls. Raises UsageError for an aim that cannot be."""
    names = [strategy or strategy_of(project.config.search, one.settings) for one in sides]
    if (problem := unfit(aim, names, sides)) is not None:
        raise problem
    share = None if cap is None else cap // max(1, len(sides))
    return [_search(project, one, name, aim, share) for one, name in zip(sides, names, strict=True)]


def _search(project: Project, one: Side, name: str, aim: Aim, share: int | None) -> Search:
    asked, parts = parted(project, one, name)
    kept = reserve(one, parts, share, aim)
    lean = lean_of(aim, one, parts, kept.cases, asked)
    return Search(
        one, name, aim, parts, share, kept, too_small(one, parts, name, kept, share, aim) or too_few(aim, lean)
    )


def _searching(project: Project, one: Search) -> Iterator[Part]:
    """A start, a share of the candidates on a share of the cases, and the question to the held-out cases."""
    settings, side, confirming = project.config.search, one.side, 2 * one.kept.cases * one.kept.repeats
    if one.problem is not None:
        return
    if one.share is not None and one.strategy == SCREENING:
        yield from (_screening if one.aim.gains else _leaving_out)(project, one, one.share)
        return
    tried, cases = settings.steps * settings.per_step, len(one.parts.development)
    beside = max(len(answers(case)) for case in side.cases) if settings.score == "likelihood" else 0
    each = cases * (1 + beside)  # the held-out cases are asked for answers alone
    yield from _asking(side, (2 * each, each * (1 + tried // 4) + confirming, each * (1 + tried) + confirming))
    yield Part((settings.per_step, tried // 2, 2 * tried), project.config.models.optimizer_spec(), 1500)


def _screening(project: Project, one: Search, share: int) -> Iterator[Part]:
    """A screening goes on with what is left until nothing is to be gained."""
    writing, each = round(_WRITING * share), one.side.grading.calls_per_answer(one.side.cases)
    likely = (round(_SPENT * share) - writing) // each
    yield from _asking(one.side, (min(likely, len(one.side.cases)), likely, (share - writing) // each))
    yield Part((project.config.search.per_step, writing, writing), project.config.models.optimizer_spec(), 1500)


def _leaving_out(project: Project, one: Search, share: int) -> Iterator[Part]:
    """A search for less asks for a few shorter wordings alone; half of its calls may show that nothing got worse."""
    each, search = one.side.grading.calls_per_answer(one.side.cases), share - one.kept.cost.calls
    start = start_cases(search, len(one.parts.development))
    likely = max(start, (round(_LEANER * search) - ASKS) // each) + 2 * one.kept.cases * one.kept.repeats
    yield from _asking(one.side, (start, likely, max(likely, share // each)))
    wordings = (0, ASKS, ASKS * project.config.search.steps)
    yield Part(wordings, project.config.models.optimizer_spec(), len(one.side.prompt.template) // 2 + _SHORTER)


def _asking(one: Side, calls: tuple[int, int, int]) -> Iterator[Part]:
    longest = max(one.cases, key=lambda case: len(str(case.vars)))
    size = guess(Request(one.spec, "scorer", one.template.messages(longest))).input_tokens
    yield Part(calls, one.spec, size)
    if asks(one.grading.metric):
        yield Part(calls, one.grading.judge, 2 * size + 200)


def told(project: Project, options: Options, parts: Sequence[Part]) -> list[str]:
    """Return the forecast as lines: a table, the caps that bind it, and what it rests on."""
    caps, speed = limits_of(options, project.config), _seconds(project, options.concurrency)
    columns = [_column(parts, at, speed, caps.max_calls) for at in range(3)]
    names = ("calls", "tokens in", "tokens out", "USD", "minutes")
    rows = [("", "low", "likely", "at most"), *((n, *(c[i] for c in columns)) for i, n in enumerate(names))]
    lines = [*table(rows), "Nothing was sent. Stored answers cost nothing and are not taken off."]
    unpriced = sorted({one_line(p.spec.model) for p in parts if price(p.spec) is None})
    lines += [f"Without a price, so not in the dollars: {', '.join(unpriced)}."] if unpriced else []
    lines += [f"The cap of {caps.max_calls:,} calls holds whatever happens."] if caps.max_calls is not None else []
    return [*lines, f"Tokens are characters / 4; minutes are at {60 / speed:,.0f} calls a minute."]


def _column(parts: Sequence[Part], at: int, seconds: float, most: int | None) -> tuple[str, ...]:
    calls = sum(part.calls[at] for part in parts)
    share = 1.0 if most is None or calls <= most else most / calls
    used = [part.usage(at) for part in parts]
    usd = sum(dollars(u, known) for u, p in zip(used, parts, strict=True) if (known := price(p.spec)) is not None)
    into, out = sum(u.input_tokens for u in used), sum(u.output_tokens for u in used)
    counts = (f"{round(share * value):,}" for value in (calls, into, out))
    return (*counts, f"{share * usd:.2f}", f"{share * calls * seconds / 60:.1f}")


def likely_usd(options: Options, ids: Sequence[str], strategy: str | None = None, files: Sequence[str] = ()) -> float:
    """Return the likely dollars of `optimize`; 0.0 where no price is known."""
    project, found = _of_searches(options, ids, strategy, files)
    parts = [part for one in found for part in _searching(project, one)]
    calls, most = sum(p.calls[1] for p in parts), limits_of(options, project.config).max_calls
    share = 1.0 if most is None or calls <= most else most / calls
    return share * sum(dollars(p.usage(1), known) for p in parts if (known := price(p.spec)) is not None)


def _seconds(project: Project, concurrency: int) -> float:
    """Return the seconds for each call in the newest run that sent some; without one, a guess."""
    for path in sorted((project.directory / ".promptci" / "runs").glob("*/report.json"), reverse=True)[:20]:
        try:
            report = read(path)
        except PromptciError:  # another version's report, or half a one: an older run tells the seconds as well
            continue
        if report.calls:
            return max(report.wall_s, 0.001) / report.calls
    return _SECONDS / concurrency
