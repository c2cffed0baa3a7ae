"""Answers questions about a user's request: complements, rewrites, grades, categories, checks. So that the path runs.

Most complements are fit, one in six is not: it answers, is in English whatever the request, or wants too much.
"""

from __future__ import annotations

import json
import re

from promptci.models.offline.chance import Draws, unit

_ABOUT = re.compile(r"\buser's request\b")
_COMPARE = re.compile(r"\bcompare two answers\b")
_DATA = re.compile(r"<(data-[0-9a-f]{8,10})>\n(.*?)\n</\1>", re.DOTALL)
_NAMES = re.compile(r"one of these names, and nothing else: ([^\n]+?)\.?\s*$")
_ABOUTS = re.compile(r"^- ([\w-]+): (.*)$", re.MULTILINE)
# How to say "explain it clearly" and "give an example" in ten languages, by a few of their small words.
_TONGUES: dict[str, tuple[str, tuple[str, ...]]] = {
    "zh": (r"[\u4e00-\u9fff]", ("请条理清楚地说明，并举一个简短的例子。", "请先给出要点，再简要解释原因。")),
    "ja": (
        r"[\u3040-\u30ff]",
        ("要点を先に述べ、理由を簡潔に説明してください。", "わかりやすく順を追って説明してください。"),
    ),
    "ko": (
        r"[\uac00-\ud7a3]",
        ("핵심을 먼저 말하고 이유를 간단히 설명해 주세요.", "단계별로 알기 쉽게 설명해 주세요."),
    ),
    "ru": (
        r"[а-яё]",
        ("Сначала назовите главное, затем кратко объясните причины.", "Объясните простыми словами и по порядку."),
    ),
    "ar": (
        r"[\u0600-\u06ff]",
        ("اذكر الفكرة الرئيسية أولاً ثم اشرح السبب باختصار.", "اشرح ذلك بكلمات بسيطة وبالترتيب."),
    ),
    "de": (
        r"\b(?:der|die|das|und|ist|wie|ich|ein|eine|nicht|warum|für)\b",
        (
            "Nenne zuerst das Wichtigste und begründe es dann kurz.",
            "Erkläre es in einfachen Worten und der Reihe nach.",
        ),
    ),
    "fr": (
        r"\b(?:le|les|des|est|une|pour|je|comment|pourquoi|dans|et)\b",
        (
            "Commence par l’essentiel, puis explique brièvement les raisons.",
            "Explique cela simplement et dans l’ordre.",
        ),
    ),
    "es": (
        r"\b(?:el|los|las|es|una|para|cómo|por|qué|con|y)\b",
        (
            "Empieza por lo esencial y explica después las razones brevemente.",
            "Explícalo con palabras sencillas y en orden.",
        ),
    ),
    "it": (
        r"\b(?:il|gli|che|è|una|per|come|perché|con|di)\b",
        ("Comincia dall’essenziale e spiega poi brevemente le ragioni.", "Spiegalo con parole semplici e in ordine."),
    ),
}
_ENGLISH = (
    "Name the main point first, then explain the reasons briefly.",
    "Go step by step and say what each step is for.",
    "State what you assume, and keep the wording plain.",
    "Use one concrete example and mention where it does not fit.",
)
UNFIT = 1 / 6  # share of complements that a check should refuse


def about_a_request(text: str) -> bool:
    """Whether `text` asks something about a user's request, and shows it between tags."""
    shown = len(_DATA.findall(text))
    return (shown > 0 and _ABOUT.search(text[:400]) is not None) or (
        shown > 1 and _COMPARE.search(text[:400]) is not None
    )


def reply(text: str, *, seed: int) -> str:
    """Answer in the form asked for."""
    shown = [match[2] for match in _DATA.finditer(text)]
    if len(shown) > 1 and _COMPARE.search(text[:400]):
        return _prefer(shown[-2], shown[-1])
    names = _NAMES.search(text)
    if names:
        return _category(text, names[1].split(", "), shown[0])
    if '"unsafe"' in text:
        return _grade(shown[0])
    if '"correct"' in text:
        return _check(shown[0], shown[-1])
    if "anew" in text[:400] or "new request" in text:
        return f"The good answer is clearer.\n<INS>{_rewrite(shown[0], seed)}</INS>"
    return f"<INS>{_complement(shown[0], seed)}</INS>"


def _tongue(text: str) -> str:
    low = text.lower()
    counts = {name: len(re.findall(pattern, low)) for name, (pattern, _) in _TONGUES.items()}
    if counts["ja"] > 2:
        return "ja"
    best = max(counts, key=lambda name: counts[name])
    least = 3 if best in ("zh", "ja", "ko", "ru", "ar") else 2
    return best if counts[best] >= least else "en"


def _told(tongue: str) -> tuple[str, ...]:
    return _TONGUES[tongue][1] if tongue in _TONGUES else _ENGLISH


def _complement(prompt: str, seed: int) -> str:
    draws = Draws("complement", prompt, seed)
    if draws.chance(UNFIT):
        return draws.pick(
            (
                "The answer is that it depends.",
                "Name the main point first, in plain English words that anybody understands.",
                "Give ten examples. Compare them. Rank them. Add sources. Add a table. Add a history. Add a summary.",
            )
        )
    return draws.pick(_told(_tongue(prompt)))


def _rewrite(prompt: str, seed: int) -> str:
    draws = Draws("rewrite", prompt, seed)
    return f"{prompt.strip()} {draws.pick(_told(_tongue(prompt)))}"


def _check(prompt: str, made: str) -> str:
    tongue = _tongue(prompt)
    grounds = [
        name
        for name, applies in (
            ("answers", made.startswith("The answer")),
            ("language", _tongue(made) != tongue and tongue in ("zh", "ja", "ko", "ru", "ar")),
            ("demands", made.count(".") > 5),
        )
        if applies
    ]
    text = _told(tongue)[0] if grounds else ""
    said = {"reason": "by its form", "grounds": grounds, "correct": "no" if grounds else "yes", "text": text}
    return json.dumps(said, ensure_ascii=False)


def _grade(prompt: str) -> str:
    found = len(re.findall(r"\w", prompt))
    score = 0.2 if found < 6 else round(0.5 + 0.5 * unit("useful", prompt), 2) if found < 20 else 0.9
    unsafe = re.search(r"\b(?:build a bomb|kill (?:him|her|them)|make poison)\b", prompt, re.IGNORECASE) is not None
    return json.dumps({"score": score, "unsafe": unsafe})


def _prefer(first: str, second: str) -> str:
    """The answer that looks better by a hash, unless both are alike; whichever stands first, the same one."""
    if first.split() == second.split():
        return "tie"
    return "A" if unit("prefer", first) >= unit("prefer", second) else "B"


def _category(text: str, names: list[str], prompt: str) -> str:
    """The category whose description shares the most words with the request; a word's beginning is enough."""
    stems = {word[:5] for word in re.findall(r"\w{4,}", prompt.lower())}
    abouts = dict(_ABOUTS.findall(text))
    shares = {n: len(stems & {w[:5] for w in re.findall(r"\w{4,}", f"{n} {abouts.get(n, '')}".lower())}) for n in names}
    best = max(names, key=lambda n: shares[n])
    return best if shares[best] else names[int(unit("category", prompt) * len(names))]
