"""Writes candidate instructions: reads any meta-prompt, tries the skills on its pairs, and edits what scored well.

Most candidates are no better than what they start from, some are, some quote the examples, some lose a placeholder, and
about three replies in a hundred break the form they were asked for: a search over this optimizer can fail.
"""

from __future__ import annotations

from promptci.models.offline import moves, phrases
from promptci.models.offline.chance import Draws
from promptci.models.offline.draft import Draft
from promptci.models.offline.insight import insight
from promptci.models.offline.metaprompt import PLACEHOLDER, MetaPrompt, read_metaprompt
from promptci.models.offline.moves import MOVES, Desk, Move, apply
from promptci.models.offline.plan import normal
from promptci.models.offline.scorer import COLD_DRIFT

BROKEN_FORM = 0.03  # share of replies that do not keep the form
LOST_PLACEHOLDER = 0.05  # share of candidates from templates that lose or rename a placeholder


def write(text: str, *, seed: int, temperature: float) -> str:
    """Answer a meta-prompt: a candidate instruction in the form that it asks for."""
    question = read_metaprompt(text)
    cold = temperature <= 0 and Draws("cold", text, seed).unit() >= COLD_DRIFT
    draws = Draws("optimizer", text, 0 if cold else seed)
    known = insight(question.pairs, [body for body, _ in question.scored] or list(question.parents))
    candidate = _candidate(Desk(question, known, draws), min(max(temperature, 0.0), 2.0))
    if PLACEHOLDER.search(candidate) and draws.chance(LOST_PLACEHOLDER):
        candidate = _lose(candidate, draws)
    return _reply(candidate, question, draws)


def _candidate(desk: Desk, temperature: float) -> str:
    question, draws = desk.question, desk.draws
    if question.task == "trigger":
        return _trigger(desk)
    if question.at_answer:
        return draws.pick((*phrases.TRIGGERS, "The answer is", "Answer:"))
    if question.task == "complement":
        return apply(Draft(()), [draws.weighted(moves.ADDING) for _ in range(1 + draws.chance(0.3))], desk).text()
    if question.task == "infer":
        return _infer(desk)
    if question.task == "cross":
        return _cross(desk)
    base = Draft.of(_base(desk))
    if question.task == "vary":
        return apply(base, (moves.reword, moves.reword, moves.reorder), desk).text()
    if question.task == "shorten":
        return moves.shorten(base, desk).text()
    chosen = _mending(desk) if question.task == "reflect" else []
    count = 1 + draws.chance(0.35 + 0.25 * temperature) + draws.chance(0.15)
    while len(chosen) < count:
        chosen.append(draws.weighted(MOVES))
    return apply(base, chosen, desk).text() or _infer(desk)


def _base(desk: Desk) -> str:
    """The text to start from: the current one, else one of the scored, the better the likelier."""
    question = desk.question
    if question.current or not question.scored:
        return question.current
    order = sorted(question.scored, key=lambda item: item[1] or 0.0)
    return desk.draws.weighted([(text, 1.8**rank) for rank, (text, _) in enumerate(order[-8:])])


def _infer(desk: Desk) -> str:
    """An instruction from the pairs alone: the task of a skill that explains them, a vague one, or a list of them."""
    draws = desk.draws
    roll = draws.unit()
    if not desk.known.fits or roll < 0.18:
        start = Draft.of(draws.pick(phrases.VAGUE))
    elif roll < 0.26:
        return moves.memorise(Draft(()), desk).text()
    else:
        options = [(skill, fit**2 + 0.02) for skill, fit in desk.known.fits[:4]]
        start = Draft.of(draws.pick(draws.weighted(options).phrases))
    shares: tuple[tuple[Move, float], ...] = (
        (moves.list_labels, 0.6),
        (moves.ask_only, 0.35),
        (moves.define, 0.2),
        (moves.fluff, 0.2),
    )
    return apply(start, [move for move, share in shares if draws.chance(share)], desk).text()


def _mending(desk: Desk) -> list[Move]:
    """Moves that answer to the failures shown: a wrong form asks for a rule of form, a mix-up for definitions."""
    chosen: list[Move] = []
    shown, draws = desk.question.pairs, desk.draws
    wordy = any(len((p.got or "").split()) > len(p.expected.split()) + 1 for p in shown)
    cased = any(p.got is not None and p.got != p.expected and normal(p.got) == normal(p.expected) for p in shown)
    if wordy and draws.chance(0.6):
        chosen.append(moves.ask_only)
    if cased and draws.chance(0.6):
        chosen.append(moves.ask_case)
    if len(desk.known.labels) > 1 and draws.chance(0.5):
        chosen.append(moves.define if draws.chance(0.7) else moves.add_rule)
    if draws.chance(0.15):
        chosen.append(moves.memorise)
    return chosen


def _cross(desk: Desk) -> str:
    """Sentences of one parent with some of the others', then one edit."""
    draws = desk.draws
    parents = [Draft.of(text) for text in desk.question.parents]
    if not parents:
        return _infer(desk)
    child = draws.pick(parents)
    for other in parents:
        for place in other.sentences():
            held = {normal(child.at(p)) for p in child.sentences()}
            if normal(other.at(place)) not in held and draws.chance(0.35):
                child = child.added(other.at(place))
    places = child.sentences()
    if len(places) > 3 and draws.chance(0.6):
        child = child.without(draws.pick(places[1:]))
    return draws.weighted(MOVES)(child, desk).text()


def _trigger(desk: Desk) -> str:
    prefix = desk.question.prefix
    fitting = [text for text in phrases.TRIGGERS if text.startswith(prefix)]
    return desk.draws.pick(fitting) if fitting and desk.draws.chance(0.9) else f"{prefix} see what the answer is."


def _lose(candidate: str, draws: Draws) -> str:
    """Drop one placeholder or give it another name."""
    found = draws.pick(PLACEHOLDER.findall(candidate))
    return candidate.replace(found, draws.pick(("", "{{ input_text }}", "{input}", "the input")))


def _reply(candidate: str, question: MetaPrompt, draws: Draws) -> str:
    """The candidate between the wanted marks, after what the question wants to be said first; rarely out of form."""
    first, last = question.tag
    if not first:
        return candidate
    lead = f"{draws.pick(phrases.CRITIQUES)}\n\n" if question.task == "reflect" else ""
    if question.task == "cross":
        lead = "1. I took what works from each of the prompts.\n2. Final: "
    gap = "\n" if "\n" in candidate else ""
    kept = f"{lead}{first}{gap}{candidate}{gap}{last}"
    if not draws.chance(BROKEN_FORM):
        return kept
    return draws.pick(
        (candidate, f"{lead}{first}{candidate}", f"{draws.pick(phrases.CHATTER)}\n{candidate}", f"{kept}\n{kept}")
    )
