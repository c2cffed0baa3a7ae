"""The default: each round shares its texts among reflection and OPRO, with one shortening and one paraphrase."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.search.base import Proposal, View, Write
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers.opro import Opro
from promptci.search.proposers.reflect import Reflect
from promptci.search.proposers.variation import Variation


@dataclass(frozen=True, slots=True)
class Mix:
    """`per_step` texts a round: two for the lead's variations (one shorter, one in other words), the rest in halves.

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
        varied = min(2, self.per_step // 3)
        rest = self.per_step - varied
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
        return [*edits, *(opro(view) if opro.per_step > 0 else []), *self._variations(view, varied)]

    def _variations(self, view: View, n: int) -> list[Proposal]:
        lead = view.lead.candidate
        forms = ((True, "shorten"), (False, "paraphrase"))[: n if lead.bare.strip() else 0]
        return [
            proposal
            for shorter, origin in forms
            for proposal in Variation(self.write, self.metaprompts, origin, 1.0, shorter).of(lead, 1, sample=view.step)
        ]
