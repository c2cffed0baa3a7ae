"""Skills on single words: plural, antonym."""

from __future__ import annotations

from promptci.models.offline.lexicon.listed import listed
from promptci.models.offline.lexicon.opposites import OPPOSITES
from promptci.models.offline.skills.base import Skill, Wanted, cues, single

_IRREGULAR = dict(
    pair.split(":")
    for pair in listed(
        "man:men woman:women child:children foot:feet tooth:teeth goose:geese mouse:mice louse:lice ox:oxen "
        "person:people die:dice penny:pennies knife:knives wife:wives life:lives leaf:leaves loaf:loaves half:halves "
        "calf:calves self:selves shelf:shelves wolf:wolves thief:thieves elf:elves scarf:scarves hoof:hooves "
        "sheaf:sheaves dwarf:dwarves midwife:midwives sheep:sheep fish:fish deer:deer series:series species:species "
        "aircraft:aircraft moose:moose salmon:salmon trout:trout swine:swine offspring:offspring crossroads:crossroads "
        "means:means headquarters:headquarters shrimp:shrimp bison:bison analysis:analyses basis:bases crisis:crises "
        "thesis:theses hypothesis:hypotheses axis:axes oasis:oases diagnosis:diagnoses parenthesis:parentheses "
        "synthesis:syntheses emphasis:emphases ellipsis:ellipses neurosis:neuroses synopsis:synopses "
        "phenomenon:phenomena criterion:criteria automaton:automata datum:data medium:media bacterium:bacteria "
        "stratum:strata curriculum:curricula memorandum:memoranda erratum:errata addendum:addenda ovum:ova "
        "symposium:symposia aquarium:aquariums cactus:cacti fungus:fungi nucleus:nuclei radius:radii stimulus:stimuli "
        "syllabus:syllabi alumnus:alumni focus:foci locus:loci bacillus:bacilli genus:genera corpus:corpora opus:opera "
        "index:indices appendix:appendices matrix:matrices vertex:vertices codex:codices larva:larvae alga:algae "
        "antenna:antennae formula:formulas vertebra:vertebrae nebula:nebulae quiz:quizzes bus:buses gas:gases "
        "lens:lenses hero:heroes potato:potatoes tomato:tomatoes echo:echoes veto:vetoes torpedo:torpedoes "
        "embargo:embargoes cargo:cargoes mosquito:mosquitoes volcano:volcanoes tornado:tornadoes buffalo:buffaloes "
        "passer-by:passers-by mother-in-law:mothers-in-law chateau:chateaux bureau:bureaus plateau:plateaus "
        "tableau:tableaux stomach:stomachs monarch:monarchs patriarch:patriarchs epoch:epochs eunuch:eunuchs "
        "loch:lochs "
        "matriarch:matriarchs"
    )
)


def plural(word: str) -> str:
    """Return the plural of an English noun: irregular ones from a list, the rest by the school rules."""
    low = word.lower()
    if low in _IRREGULAR:
        return _as_cased(word, _IRREGULAR[low])
    for ending in ("woman", "man", "child", "foot", "tooth", "goose", "mouse", "wife", "wolf", "shelf", "fish"):
        if (
            low.endswith(ending)
            and len(low) > len(ending) + 1
            and low not in ("human", "german", "roman", "ottoman", "talisman")
        ):
            return word[: -len(ending)] + _IRREGULAR[ending]
    if low.endswith("sis"):
        return word[:-2] + "es"
    if low.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if low.endswith("y") and len(low) > 1 and low[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def _as_cased(like: str, word: str) -> str:
    return word.capitalize() if like[:1].isupper() else word


def _plural(given: str, _: Wanted) -> str | None:
    word = single(given)
    return plural(word) if word and word.replace("-", "").replace("'", "").isalpha() else None


# Longer beginnings first; the opposite is the rest of the word.
_NEGATIVE_STARTS = ("counter", "anti", "dis", "non", "mis", "un", "in", "im", "ir", "il")
_NEGATED_BY = (("l", "il"), ("r", "ir"), ("m", "im"), ("p", "im"), ("b", "im"))


def antonym(word: str) -> str:
    """Return a word of opposite meaning: a known pair, -ful for -less, else a negative prefix off or on."""
    low = word.lower()
    if low in OPPOSITES:
        return OPPOSITES[low]
    if low.endswith("ly") and low[:-2] in OPPOSITES:
        return OPPOSITES[low[:-2]] + "ly"
    if low.endswith("ness") and low[:-4] in OPPOSITES:
        return OPPOSITES[low[:-4]] + "ness"
    for one, other in (("ful", "less"), ("less", "ful"), ("fully", "lessly"), ("lessly", "fully")):
        if low.endswith(one) and len(low) > len(one) + 2:
            return low[: -len(one)] + other
    for start in _NEGATIVE_STARTS:
        rest = low.removeprefix(start)
        if rest != low and len(rest) >= 4:
            return rest.lstrip("-")
    for start, prefix in _NEGATED_BY:
        if low.startswith(start) and low.endswith(("able", "ible", "al", "ular", "ure", "ate", "ent", "ality")):
            return prefix + low
    return ("in" if low.endswith(("ible", "ent", "ence")) else "un") + low


def _antonym(given: str, _: Wanted) -> str | None:
    word = single(given)
    return antonym(word) if word and word.replace("-", "").isalpha() else None


VOCABULARY: tuple[Skill, ...] = (
    Skill(
        "plural",
        cues((r"\bplurals?\b|\bpluralize", 3.0), (r"more than one of", 1.0)),
        _plural,
        ("Write the plural form of the word.", "Output the plural of the input.", "Make the noun plural."),
        ease=0.3,
    ),
    Skill(
        "antonym",
        cues(
            (r"\bantonyms?\b", 3.0),
            (r"\bopposites?\b", 2.2),
            (r"\bmeans the opposite\b|\bopposite (?:word|meaning)\b", 0.5),
            (r"\bsentence|\bfact\b", -0.8),
        ),
        _antonym,
        (
            "Write the antonym of the word.",
            "Write a word that means the opposite of the input word.",
            "Output the opposite.",
        ),
        ease=0.4,
    ),
)
