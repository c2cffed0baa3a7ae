"""Against creeping: every fifth change of a prompt is also compared with the version that was last accepted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from promptci.core import Reason, VerdictName
from promptci.decide.anchor import anchor_level, anchor_look
from promptci.decide.verdict import Verdict, too_many_unmeasured
from promptci.errors import PromptciError
from promptci.gitrepo.base import Base
from promptci.measure.batches import answered
from promptci.measure.gates.base import Screened, cases_of, shown_p
from promptci.measure.gates.drop import counts, gate_for, p_of_drop
from promptci.measure.pair import Pair, shuffled
from promptci.project.changes import Planned
from promptci.project.project import Project
from promptci.project.side import Side, side, spec_of
from promptci.records import baseline
from promptci.run.arm import Arm
from promptci.run.ask import fresh
from promptci.run.session import Session
from promptci.untrusted import one_line


@dataclass(frozen=True, slots=True)
class Due:
    """A comparison with the accepted version that is due: the `look`-th, after `changes` changes since `commit`."""

    commit: str
    changes: int
    look: int

    @property
    def accepted(self) -> str:
        """The accepted version in words."""
        return f"the version accepted in {self.commit[:7]}, {self.changes} changes ago"


def anchored(run: Session, planned: Planned, found: Due, level: float) -> Screened:
    """Compare the prompt with its accepted version; both are asked afresh, so nothing is confirmed.

    `level` is what a gate may have of this commit's; of all looks at this accepted version together `anchor_level` is
    kept. What cannot be compared is inconclusive and says why.
    """
    try:
        old = _accepted(run.project, planned.new, found.commit)
    except PromptciError as problem:
        said = f"Not compared with {found.accepted}: {one_line(str(problem)).rstrip('.')}."
        return _screened("inconclusive", said)
    return _compared(run, Arm(old), Arm(planned.new.beside(old)), found, min(level, anchor_level(found.look)))


def due(project: Project, planned: Planned, base: Base | None) -> Due | None:
    """Return the comparison that this change makes due, None where there is none.

    Counted are the commits that touched the prompt or its partials since its baseline was last accepted, as the base
    has it, and what is not committed yet. A change that brings a baseline of its own is compared with the base alone.
    """
    repository, new = project.repository, planned.new
    kept = project.prefix + baseline.path_of(new.settings.id)
    since = None if base is None else base.commit
    if since is None or not planned.old or not planned.prompt_changed or repository.is_shallow():
        return None
    if repository.history([kept], since):
        return None
    accepted = repository.history([kept])
    if not accepted:
        return None
    paths = [project.prefix + path for path in (new.path, *new.partials.texts)]
    total = len(repository.history(paths, accepted[0].id))
    own = len(repository.history(paths, since))
    last = total + (project.at("HEAD", new.path) != new.content)
    looks = [(k, changes) for changes in range(total - own + 1, last + 1) if (k := anchor_look(changes))]
    return Due(accepted[0].id, last, looks[-1][0]) if looks else None


def _accepted(project: Project, new: Side, commit: str) -> Side:
    """Return the prompt as it was accepted, under today's cases, metric and model. Raises PromptciError."""
    config = project.config_at(commit)
    settings = next((p for p in config.prompts if p.id == new.settings.id), None) if config else None
    if config is None or settings is None:
        raise PromptciError("its settings did not name it")
    old = side(project, config, settings, commit)
    if any(old.template.lacking(case) for case in new.cases):
        raise PromptciError("it uses a variable that today's cases lack")
    return replace(old, cases=new.cases, grading=new.grading, spec=spec_of(old.prompt, new.configured))


def _compared(run: Session, old: Arm, new: Arm, found: Due, level: float) -> Screened:
    """Ask both afresh on all cases; on half of them only, where no more of these got worse than better."""
    prompt_id = new.side.settings.id
    order = shuffled(new.side.cases, run.seed_for("anchor", prompt_id))
    pair = Pair(old, new, order, first=fresh(run, "anchor"))
    half = (len(order) + 1) // 2
    with run.progress.part(f"Comparing {prompt_id} with its accepted version", total=len(order)) as step:
        for size in (half, len(order) - half):
            stopped = answered(run, pair, size, step)
            if stopped is not None:
                return _screened("unmeasured", f"Not compared with {found.accepted}: {stopped.text}.")
            pair.done += size
            worse, better = counts(pair)
            if worse <= better:
                break
    holes = pair.gaps(pair.ran).count(None)
    gate = gate_for(pair, answers=run.options.repeat, batch=1)
    p_value = 1.0 if worse <= better else p_of_drop(pair, pair, gate, early=False)
    told = f"Compared with {found.accepted}, both asked afresh: of {cases_of(pair.done)} {worse} got worse and "
    if too_many_unmeasured(holes, pair.done):
        return _screened("unmeasured", f"{told}{better} better, and {holes} could not be measured.")
    if p_value > level:
        return _screened("pass", f"{told}{better} better; no slow drop is shown.")
    said = f"{told}{better} better, p {shown_p(p_value)}, and {level:.2g} or less was required. "
    return _screened("fail", said + "Single steps were too small to be seen: look at the whole way from there.")


def _screened(name: VerdictName, said: str) -> Screened:
    return Screened(Verdict("anchor", name, (Reason("anchor" if name == "fail" else f"anchor_{name}", said),)))
