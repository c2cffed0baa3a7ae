"""The default: each round shares its texts among reflection and OPRO, with one shortening and one paraphrase."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.search.base import Proposal, Write
from promptci.search.layout import is_blank
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers.opro import Opro
from promptci.search.proposers.reflect import Reflect
from promptci.search.proposers.variation import Variation
from promptci.search.view import View

_ORIGINS = ("shorten", "paraphrase")


@dataclass(frozen=True, slots=True)
class Mix:
    """`per_step` texts a round: two variations of a new lead (one shorter, one in other words), the rest in halves.

    Reflection finds what is missing, the scored history finds what works, the shortening keeps the text from growing:
    feedback is the best single source of candidates, and no source is best everywhere.
    """

    write: Write
    metaprompts: MetaPrompts
    per_step: int = 8
    batches: int = 2
    exemplars: int = 3
    history: int = 20
    name: str = "mix"

    def __call__(self, view: View) -> list[Proposal]:
        """Ask each source for its share."""
        wanted = view.wanted(self.per_step)
        varied = self._variations(view, wanted // 3)
        rest = wanted - len(varied)
        reflect = Reflect(self.write, self.metaprompts, per_step=(rest + 1) // 2, batches=self.batches)
        edits = reflect(view)
        # A parent without failures leaves nothing to reflect on; its share then goes to the other source.
        opro = Opro(
            self.write,
            self.metaprompts,
            per_step=rest - len(edits),
            exemplars=self.exemplars,
            history=self.history,
        )
        return [*edits, *(opro(view) if opro.per_step > 0 else []), *varied]

    def _variations(self, view: View, most: int) -> list[Proposal]:
        """One shorter text and one in other words for each new lead; a lead is varied once, not in every round."""
        lead = view.lead.candidate
        known = any(s.candidate.parents == (lead.id,) and s.candidate.origin in _ORIGINS for s in view.scored)
        if known or is_blank(lead.bare):
            return []
        forms = ((_ORIGINS[0], True), (_ORIGINS[1], False))[:most]
        return [
            proposal
            for origin, shorter in forms
            for proposal in Variation(self.write, self.metaprompts, origin, 1.0, shorter).of(lead, 1, sample=view.step)
        ]
