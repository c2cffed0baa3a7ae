"""Whether a search can score by likelihood here: asked once, before it spends anything."""

from __future__ import annotations

from promptci.core import Reason
from promptci.evals.split import Split
from promptci.metrics.expected import answers
from promptci.project.side import Side
from promptci.run.session import Session
from promptci.scoring import Task
from promptci.scoring.likelihood import likelihoods
from promptci.untrusted import one_line


def unlikely(run: Session, old: Side, parts: Split) -> Reason | None:
    """Say why the scorer's server cannot tell how likely an expected answer is, by asking it about one case, or None.

    That is the first case that expects something: others have no likelihood, and do not keep the rest from theirs. A
    search that needs none asks nothing.
    """
    if run.config.search.score != "likelihood" or not parts.development:
        return None
    case = next((case for case in parts.development if any(answers(case))), parts.development[0])
    (grade,) = likelihoods(run.door, [Task(old.template, case, old.spec)], old.grading)
    if grade.value is not None:
        return None
    why = one_line(str(grade.reason.text if grade.reason else "there is none"), limit=300)
    said = f"The scorer's server gives no likelihood of an expected answer ({why}), so nothing was searched. Take "
    return Reason("no_likelihood", said + "`search: {score: metric}`, or a server whose completions echo `logprobs`.")
