"""What a command would cost, before anything is sent: calls, tokens, dollars and minutes; low, likely and at most."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptci.commands.check import base_of
from promptci.commands.requesting import planned_for
from promptci.commands.upgrade import planned as upgrades
from promptci.config.models import PriceSettings
from promptci.decide.accept import repeats_on_test
from promptci.errors import PromptciError
from promptci.evals.split import split
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
from promptci.untrusted import one_line

_SECONDS = 1.5  # of one call, where no run at hand has measured it
_OUTPUT = (0.05, 0.25, 1.0)  # of `max_tokens`: what an answer has, low, likely and at most
_SPENT, _WRITING = 0.9, 0.03  # of the calls that a screening may make: how many it makes, and those to the optimizer
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


def of_optimize(options: Options, *, ids: Sequence[str], strategy: str | None = None) -> list[str]:
    """Return what `optimize` would cost."""
    project, parts = _of_searches(options, ids, strategy)
    return told(project, options, parts)


def _of_searches(options: Options, ids: Sequence[str], strategy: str | None) -> tuple[Project, list[Part]]:
    project, sides = _chosen(options, ids)
    cap = limits_of(options, project.config).max_calls
    return project, [part for one in sides for part in _searching(project, one, cap, strategy)]


def of_upgrade(
    options: Options, *, to: Sequence[str], ids: Sequence[str], prices: dict[str, PriceSettings]
) -> list[str]:
    """Return what `upgrade` would cost: both models on every prompt, and, at most, a search for each."""
    found = upgrades(options, to=to, ids=ids, prices=prices, mode="print")
    parts: list[Part] = []
    cap = limits_of(options, found.project.config).max_calls
    for move in (move for moved in found.found for move in moved):
        parts += [*_measuring(move.old, 1, options.repeat), *_measuring(move.new, 1, options.repeat)]
        parts += [Part((0, 0, p.calls[2]), p.spec, p.input_tokens) for p in _searching(found.project, move.new, cap)]
    return told(found.project, options, parts)


def _measuring(one: Side, arms: int, repeat: int) -> Iterator[Part]:
    """Every case of each arm once; at most, all of them are asked afresh to confirm a drop."""
    all_cases = arms * len(one.cases) * repeat
    yield from _asking(one, (math.ceil(_EARLY * all_cases), all_cases, 2 * all_cases))


def _searching(project: Project, one: Side, cap: int | None, strategy: str | None = None) -> Iterator[Part]:
    """A start, a share of the candidates on a share of the cases, and the question to the held-out cases.

    A screening goes on with what is left of `cap` until nothing is to be gained.
    """
    settings = project.config.search
    if cap is not None and (strategy or strategy_of(settings, one.settings)) == SCREENING:
        writing = round(_WRITING * cap)
        likely = round(_SPENT * cap) - writing
        yield from _asking(one, (min(likely, len(one.cases)), likely, cap - writing))
        yield Part((settings.per_step, writing, writing), project.config.models.optimizer_spec(), 1500)
        return
    parts = split(one.cases)
    tried, cases = settings.steps * settings.per_step, len(parts.development)
    confirming = 2 * repeats_on_test(len(parts.test)) * len(parts.test)
    beside = max(len(answers(case)) for case in one.cases) if settings.score == "likelihood" else 0
    each = cases * (1 + beside)  # the held-out cases are asked for answers alone
    yield from _asking(one, (2 * each, each * (1 + tried // 4) + confirming, each * (1 + tried) + confirming))
    yield Part((settings.per_step, tried // 2, 2 * tried), project.config.models.optimizer_spec(), 1500)


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


def likely_usd(options: Options, ids: Sequence[str], strategy: str | None = None) -> float:
    """Return the likely dollars of `optimize`; 0.0 where no price is known."""
    project, parts = _of_searches(options, ids, strategy)
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
