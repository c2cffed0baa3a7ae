"""What examples and instructions show about a task: which skill explains it, its labels, what each label is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from promptci.models.offline.chance import Draws
from promptci.models.offline.lexicon.topics import FACETS
from promptci.models.offline.pairs import Pair
from promptci.models.offline.plan import explains, normal, plan
from promptci.models.offline.skills import SKILLS
from promptci.models.offline.skills.base import Skill, Wanted
from promptci.models.offline.skills.routing import hits, meaning
from promptci.models.offline.skills.sentiment import poles


@dataclass(frozen=True, slots=True)
class Insight:
    """`fits`: skills with the share of examples they explain, best first. `labels`: the answers seen or listed.

    `about` maps a label to what its examples and its name bring to mind, the surest first (names of facets, or words).
    """

    fits: tuple[tuple[Skill, float], ...] = ()
    labels: tuple[str, ...] = ()
    about: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lower: bool = False

    @property
    def skill(self) -> Skill | None:
        """The skill that explains most, if it explains at least a third."""
        return self.fits[0][0] if self.fits and self.fits[0][1] >= 0.34 else None


def insight(shown: Sequence[Pair], texts: Sequence[str]) -> Insight:
    """Try every skill on the pairs (program synthesis) and read the labels off answers and texts."""
    listed = max((plan(text).wanted.labels for text in texts), key=len, default=())
    labels = _labels(shown, listed)
    wanted = Wanted(labels=labels)
    named = _named(texts)
    fits: list[tuple[Skill, float]] = []
    for skill in SKILLS.values():
        explained = sum(explains(skill, pair, wanted) for pair in shown)
        fits.append((skill, explained / max(1, len(shown)) + (0.4 if skill.name == named else 0.0)))
    if labels and not any(skill.choice and fit > 0.5 for skill, fit in fits) and named is None:
        fits.append((SKILLS["sentiment" if _sounds_like_feeling(labels) else "routing"], 0.6))
    ranked = sorted((item for item in fits if item[1] > 0), key=lambda item: -item[1])
    about = {label: _about(label, shown) for label in labels}
    return Insight(tuple(ranked), labels, about, bool(labels) and all(label == label.lower() for label in labels))


def _named(texts: Sequence[str]) -> str | None:
    """The skill that most of the texts name, if any does."""
    names = Counter(plan(text).ranked[0][0].name for text in texts if plan(text).ranked)
    return names.most_common(1)[0][0] if names else None


def _labels(shown: Sequence[Pair], listed: Sequence[str]) -> tuple[str, ...]:
    answers = Counter(pair.expected.strip() for pair in shown)
    repeated = len(answers) < len(shown) or {normal(a) for a in answers} <= {normal(label) for label in listed}
    short = all(len(answer.split()) <= 3 and not answer.isdigit() and len(answer) > 1 for answer in answers)
    seen = [answer for answer, _ in answers.most_common()] if short and repeated and answers else []
    known = {normal(label) for label in seen}
    return (*seen, *(label for label in listed if normal(label) not in known))


def _sounds_like_feeling(labels: tuple[str, ...]) -> bool:
    good, bad, _ = poles(labels)
    return good in labels and bad in labels


def _about(label: str, shown: Sequence[Pair]) -> tuple[str, ...]:
    """What the label's name brings to mind and facets of the inputs that have it; their words if there are none."""
    met: Counter[str] = Counter()
    plain: Counter[str] = Counter()
    for pair in shown:
        if normal(pair.expected) == normal(label):
            # In the order of the text: ties are told in the order in which they were met, in every process alike.
            met.update(list(dict.fromkeys(hit.facet for hit in hits(pair.given) if hit.facet)))
            plain.update(list(dict.fromkeys(hit.word for hit in hits(pair.given) if not hit.facet)))
    known = sorted(meaning(label).facets.items(), key=lambda item: -item[1])
    facets = [facet for facet, _ in known] + [facet for facet, _ in met.most_common(4)]
    return tuple(dict.fromkeys(facets)) or tuple(word for word, _ in plain.most_common(3))


def definition(label: str, found: Insight, draws: Draws) -> str:
    """Return a phrase such as "charges, invoices and refunds" for a label; one in eight names a stranger too."""
    if meaning(label).rest:
        return "everything else"
    known = list(found.about.get(label, ()))
    chosen = known[: 2 + int(draws.unit() * 3)] or [label]
    if draws.chance(0.12):
        chosen.append(draws.pick(list(FACETS)))
    named = [FACETS[facet].named.split()[0].replace("-", " ") if facet in FACETS else facet for facet in chosen]
    unique = list(dict.fromkeys(named))
    return unique[0] if len(unique) == 1 else f"{', '.join(unique[:-1])} and {unique[-1]}"
