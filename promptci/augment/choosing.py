"""Which prompts are worth a pair: no near duplicates, a few of each cluster, of some quality, and of one category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from promptci.augment import words
from promptci.augment.base import Dropped, Typed
from promptci.augment.cluster import leaders
from promptci.augment.near import SAME, near
from promptci.augment.pairing import Ask
from promptci.augment.questions import Questions
from promptci.augment.replies import quality_of, read_category
from promptci.augment.spec import Spec
from promptci.augment.vectors import hashed
from promptci.core import Reason

Drop = Callable[[Dropped], None]
Vectors = Any  # an array of rows of length 1


def distinct(
    spec: Spec, prompts: Sequence[Typed], drop: Drop, embed: Callable[[Sequence[Typed]], Vectors]
) -> list[Typed]:
    """Without near duplicates, and at most `per_cluster` of each cluster; in their order."""
    rows = words.rows(p.whole for p in prompts)
    repeats = near(rows)
    for later, earlier in sorted(repeats.items()):
        said = f"it shares {SAME:.0%} of its words with {prompts[earlier].id}, or more"
        drop(Dropped(prompts[later].id, "near", Reason("near_duplicate", said)))
    del rows
    left = [p for n, p in enumerate(prompts) if n not in repeats]
    return _few(spec, left, leaders(embed(left), spec.limits.alike) if left else [], drop)


def by_words(prompts: Sequence[Typed]) -> Vectors:
    """Vectors of hashed words, for which nobody is asked."""
    return hashed(words.rows(p.whole for p in prompts))


def _few(spec: Spec, prompts: Sequence[Typed], heads: Sequence[int], drop: Drop) -> list[Typed]:
    taken: Counter[int] = Counter()
    kept = []
    for typed, head in zip(prompts, heads, strict=True):
        taken[head] += 1
        if taken[head] <= spec.limits.per_cluster:
            kept.append(typed)
        else:
            said = f"{spec.limits.per_cluster} prompts like {prompts[head].id} are kept already"
            drop(Dropped(typed.id, "cluster", Reason("cluster_full", said)))
    return kept


def good(ask: Ask, questions: Questions, prompts: Sequence[Typed], drop: Drop) -> list[Typed]:
    """Those that the judge grades well enough, and safe; one that it did not grade is dropped."""
    kept = []
    for typed, reply in zip(prompts, ask([questions.quality(p) for p in prompts]), strict=True):
        reason = _useless(questions.spec, reply.text) if reply.failure is None else reply.failure.reason
        if reason is None:
            kept.append(typed)
        else:
            drop(Dropped(typed.id, "judge", reason))
    return kept


def _useless(spec: Spec, reply: str | None) -> Reason | None:
    grade = quality_of(reply or "")
    if grade is None:
        return Reason("no_grade", "the judge's reply states no grade")
    if grade.unsafe:
        return Reason("unsafe", "the judge finds it unsafe")
    if grade.score < spec.limits.quality:
        return Reason("low_quality", f"graded {grade.score:g}; {spec.limits.quality:g} is required")
    return None


def sorted_out(ask: Ask, questions: Questions, prompts: Sequence[Typed], drop: Drop) -> list[tuple[Typed, str]]:
    """Each prompt with its category; one that the judge put into none, or into several, is dropped."""
    kinds = questions.spec.categories
    if len(kinds) == 1:
        return [(p, kinds[0].name) for p in prompts]
    kept = []
    for typed, reply in zip(prompts, ask([questions.category(p) for p in prompts]), strict=True):
        found = read_category(questions.spec, reply)
        if isinstance(found, Reason):
            drop(Dropped(typed.id, "category", found))
        else:
            kept.append((typed, found))
    return kept
