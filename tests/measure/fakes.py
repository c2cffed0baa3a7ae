"""What the tests of measuring share: sides without files, a scripted model behind a real door, a run of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import cast

from promptci.config import parse
from promptci.core import Case
from promptci.metrics.base import Metric
from promptci.metrics.exact import Exact
from promptci.models.base import Failure, ModelSpec, Reply, Request, Usage
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.project.side import Side
from promptci.prompts import read_prompt
from promptci.prompts.conversation import compile_prompt
from promptci.prompts.partials import NO_PARTIALS
from promptci.report.progress import Progress
from promptci.run.arm import Arm
from promptci.run.session import Session
from promptci.run.values import Values
from promptci.scoring import Grading

SPEC = ModelSpec("m", "http://127.0.0.1:9/v1")
HEAD = 'version: 1\nmodels: {scorer: {model: m, base_url: "http://127.0.0.1:9/v1"}}\nprompts:\n'


def some_cases(
    count: int, *, cluster: int = 0, tags: Callable[[int], Sequence[str]] = lambda n: ()
) -> tuple[Case, ...]:
    """Cases c0, c1, ... whose answer is "yes", `cluster` of them together."""
    names = (f"k{n // cluster}" if cluster else None for n in range(count))
    return tuple(Case(f"c{n}", {"n": str(n)}, "yes", tags=tuple(tags(n)), cluster=k) for n, k in enumerate(names))


def a_side(name: str, cases: Sequence[Case], gate: str = "", metric: Metric | None = None) -> Side:
    """A side whose prompt says `name` and the case's number."""
    text = f"{name} {{{{ n }}}}\n"
    row = f"  - {{id: p, file: p.md, cases: c.jsonl{f', gate: {{{gate}}}' if gate else ''}}}\n"
    (settings,) = parse(HEAD + row, "promptci.yaml").prompts
    prompt = read_prompt("p", "p.md", text.encode())
    template, grading = compile_prompt(prompt, NO_PARTIALS), Grading(metric or Exact(), SPEC)
    return Side(settings, prompt, template, text.encode(), tuple(cases), grading, SPEC, SPEC, NO_PARTIALS)


class Model:
    """Answers by a function of the prompt's name, the case's number and the sample; keeps what it was asked.

    None is a refusal.
    """

    def __init__(self, says: Callable[[str, int, int], str | None] = lambda name, n, sample: "yes") -> None:
        self.says, self.asked = says, list[tuple[str, int, int]]()

    def connect(self, spec: ModelSpec) -> Model:
        return self

    async def send(self, request: Request) -> Reply:
        name, number = request.messages[-1].content.split()
        self.asked.append((name, int(number), request.sample))
        said = self.says(*self.asked[-1])
        if said is None:
            return Reply(failure=Failure("refused", "it will not say"), attempts=1)
        return Reply(texts=(said,), usage=Usage(1, 1), model="m-1", attempts=1)

    async def close(self) -> None:
        """Hold nothing."""

    def calls(self, name: str) -> int:
        return sum(asked == name for asked, _, _ in self.asked)


def a_run(model: Model, *, calls: int | None = None, at_once: int = 4, repeat: int = 1) -> Session:
    """A run without a project; its door is real."""
    door = Door(budget=Budget(Limits(max_calls=calls)), concurrency=at_once, connect=model.connect)
    options = SimpleNamespace(repeat=repeat, concurrency=at_once)
    rest = {"answered": set[str](), "progress": Progress(quiet=True), "run": "20260101-000000-abc123", "asks_as": ""}
    rest |= {"at_once": 7}
    return cast("Session", SimpleNamespace(door=door, options=options, seed_for=lambda *names: 7, **rest))


def an_arm(side: Side, values: Sequence[float | None]) -> Arm:
    """An arm that has these values of the side's first cases, one answer each."""
    known = {c.id: v for c, v in zip(side.cases, values, strict=False)}
    return Arm(side, Values(dict(known), {i: (v,) for i, v in known.items()}))
