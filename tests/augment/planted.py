"""Planted prompts with what was made of them: by rule twenty that break it, and fit ones that break none."""

from __future__ import annotations

from promptci.augment.base import Typed

_ASKED = (
    "How do plants store energy over the winter?",
    "Write a short poem about the sea in autumn",
    "What should I think about when I buy a used bicycle?",
    "Explain the difference between a virus and a bacterium",
    "Give me some ideas for a rainy afternoon with children",
)
_FIT = (
    "Name the main point first and then explain the reasons in plain words.",
    "Go through it in order and say what each step is good for.",
    "Use one concrete example and mention where it does not fit.",
    "Keep the wording simple and say what you assume.",
)
FIT_COMPLEMENTS = [
    *((asked, fit) for asked in _ASKED for fit in _FIT),
    ("List 15 rivers of Europe", "Check that there are 15 of them, each once."),
    ("Sum this up briefly", "Keep to the main claim."),
    ("What is 17 * 23?", "Show the product of 17 and 23 in 3 steps."),
    ("Write a Python function that adds two numbers", "Say which types it takes and handle none of them silently."),
]


def _each(prompts: tuple[str, ...], texts: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(prompt, text) for prompt in prompts for text in texts]


_BRIEF = (
    "What is the capital of Peru? Answer in one word.",
    "Briefly, why do leaves turn red?",
    "Is a whale a fish? Yes or no, no explanation.",
    "Give me just the number of planets.",
    "Keep it short: what is inflation?",
)
_LONG = (
    "Explain it in detail with its background.",
    "Give a comprehensive overview of the matter.",
    "Reason step by step before the end.",
    "Write at least 3 paragraphs on it.",
)
_DETAILED = tuple(
    f"I am writing a report about {topic} for my class and I have already collected many sources. Please structure the "
    "report into an introduction, a main part with three arguments, a part with objections to each of the arguments, and "
    "a short ending. Use a neutral tone, avoid the first person, cite the sources by their numbers in brackets, keep every "
    "paragraph below one hundred words, and finish with a question that the reader can think about."
    for topic in ("rivers", "bees", "bridges", "tides", "maps")
)
_MUCH = tuple(
    f"Also consider the {thing} view of the matter and weigh it against all of the arguments, explain which of the sources "
    "can be trusted and which cannot, and add a table that compares every argument with its own objection."
    for thing in ("legal", "economic", "historical", "ethical")
)
_ANSWERS = (
    "The answer is photosynthesis.",
    "Sure! Plants keep sugar in their roots.",
    "Here is what you asked for: sugar and starch.",
    "Because the roots hold starch.",
)
_MANY = (
    "Give examples. Compare them. Rank them. Add sources. Add a table. Add a history.",
    "List causes; list effects; list people; list places; list dates; list books.",
    "Do these:\n- define it\n- compare it\n- draw it\n- rank it\n- rate it\n- translate it",
    " ".join(["Say how it works and what it is good for and who made it"] * 5),
)
_FACTS = (
    "Mention that it began in 1987.",
    "Use the figures of the 2,450 people who were asked.",
    "Look at https://example.com/guide first.",
    "Assume a price of 349 for each.",
)
_MARKS = ("<INS> Name the point first.", "Complement: name the main point first.", "Name the point first. [END]",
          "Name the <|end|> point first.")  # fmt: skip
_LITTLE = ("Think.", "Be clear.", "Well done", "ok")

# By language: a prompt and a fit complement in it.
TONGUES = {
    "en": ("Why is the sky blue and the grass green?", "Name the main point first and explain the reasons in plain words."),
    "de": ("Warum ist der Himmel blau und das Gras grün?", "Nenne zuerst das Wichtigste und begründe es dann in einfachen Worten."),
    "fr": ("Pourquoi le ciel est-il bleu et l'herbe verte ?", "Commence par l'essentiel, puis explique les raisons avec des mots simples."),
    "es": ("¿Por qué el cielo es azul y la hierba es verde?", "Empieza por lo esencial y explica las razones con palabras sencillas."),
    "it": ("Perché il cielo è blu e l'erba è verde?", "Comincia dalla cosa più importante e spiega le ragioni con parole semplici."),
    "pl": ("Dlaczego niebo jest niebieskie, a trawa zielona?", "Najpierw podaj najważniejszą myśl, a potem wyjaśnij przyczyny prostymi słowami."),
    "ru": ("Почему небо голубое, а трава зелёная?", "Сначала назовите главное, затем объясните причины простыми словами."),
    "zh": ("为什么天空是蓝色的而草是绿色的？", "请先给出要点，再用简单的话解释原因。"),
    "ja": ("なぜ空は青くて草は緑なのですか？", "要点を先に述べてから、理由をわかりやすく説明してください。"),
    "ar": ("لماذا السماء زرقاء والعشب أخضر؟", "اذكر الفكرة الرئيسية أولاً ثم اشرح الأسباب بكلمات بسيطة."),
}  # fmt: skip
_FOREIGN = [(TONGUES[a][0], TONGUES[b][1]) for a in ("en", "de", "fr", "ru") for b in TONGUES if a != b][:20]

BREACHES: dict[str, list[tuple[str, str]]] = {
    "strays": _each(_BRIEF, _LONG),
    "overloads": _each(_DETAILED, _MUCH),
    "answers": _each(_ASKED, _ANSWERS),
    "demands": _each(_ASKED, _MANY),
    "language": _FOREIGN,
    "facts": _each(_ASKED, _FACTS),
    "marker": _each(_ASKED, _MARKS),
    "little": [*_each(_ASKED[:3], _LITTLE), *((p, p) for p in _ASKED), *((p, f"{p} please") for p in _ASKED[:3])],
}

_TO_REWRITE = (
    ("Tell me about the 3 laws of \"Newton\" from 1687", "Explain the 3 laws of \"Newton\" from 1687 one by one in plain words"),
    ("Fix the function `add` in my program", "Mend the function `add` in my program and say what was wrong"),
    ("Sum up the text at https://example.com/a", "Sum up the text at https://example.com/a in its main points"),
    ("Plan a trip of 14 days with 900 euros", "Plan a trip of 14 days that costs at most 900 euros, day by day"),
    ("Translate \"good morning\" into Spanish", "Translate the greeting \"good morning\" into Spanish and say when it is used"),
)  # fmt: skip
FIT_REWRITES = [
    (Typed("a", prompt, good="A good answer that says more.", bad="No."), f"{made}{end}")
    for prompt, made in _TO_REWRITE
    for end in (".", ", please.", ", and keep it simple.", "!")
]
_WHOLE = (
    "Describe how the old town changed after the war and who lived there before",
    "Explain why some birds fly south every autumn while others stay at home",
    "Write a friendly letter to my neighbour about the noise in the evening",
    "Compare the two ways to cook rice that are common in my country",
    "Tell a story about a lost key that opens a door in the garden",
)
_GOOD = (
    "The old harbour quarter burned down within hours and merchants rebuilt everything with yellow bricks afterwards."
)


def _rewrites(prompts: tuple[str, ...], texts: tuple[str, ...], good: str = "More.") -> list[tuple[Typed, str]]:
    return [
        (Typed("a", prompt, good=good, bad="No."), text.format(prompt=prompt)) for prompt in prompts for text in texts
    ]


REWRITE_BREACHES: dict[str, list[tuple[Typed, str]]] = {
    "marker": _rewrites(_WHOLE, ("{prompt} [PROTECT]", "<INS>{prompt} please", "Optimized prompt: {prompt}", "{prompt} </think>")),
    "language": [(Typed("a", TONGUES[a][0], good="x", bad="y"), TONGUES[b][1]) for a in ("en", "es", "it", "ja")
                 for b in TONGUES if a != b][:20],
    "answers": _rewrites(_WHOLE, ("Sure, {prompt}", "The answer is this: {prompt}", "Here is {prompt}", "Because {prompt}")),
    "shrunk": _rewrites(_WHOLE, ("Tell a story", "Explain that", "Write it", "Compare them")),
    "grown": _rewrites(_WHOLE, tuple("{prompt}" + f" and then also {w} it again in other words" * 11
                                     for w in ("say", "tell", "write", "give"))),
    "lost": [
        (Typed("a", prompt, good="x", bad="y"), text)
        for prompt, texts in (
            ("Plan a trip of 14 days with 900 euros", ("Plan a trip of two weeks with 900 euros", "Plan a cheap trip of 14 days",
             "Plan a nice trip for me, please", "Plan a trip of 14 days with few euros")),
            ("Say \"good morning\" in Spanish now", ("Say good day in Spanish now", "Say a greeting in Spanish now",
             "Say it in Spanish now, please", "Say good evening in Spanish")),
            ("Sum up https://example.com/a for me", ("Sum up the page for me", "Sum up https://example.org for me",
             "Sum up this site for me", "Sum up a page in short")),
            ("Mend the function `add_all` for me", ("Mend the function for me", "Mend my function, please",
             "Mend the broken function for me", "Mend the code for me")),
            ("List 25 songs from 1999 for me", ("List songs from 1999 for me", "List 25 songs for me", "List a few songs for me",
             "List twenty songs from 1999")),
        )
        for text in texts
    ],
    "facts": _rewrites(_WHOLE, ("{prompt} since 1871", "{prompt} as in https://example.com", "{prompt} for 4,500 people", "{prompt} with 77 words")),
    "taken": _rewrites(_WHOLE, (
        "{prompt} and mention the old harbour quarter burned down", "{prompt} where merchants rebuilt everything with bricks",
        "{prompt} and everything with yellow bricks afterwards", "{prompt} as it burned down within hours and merchants",
    ), _GOOD),
    "unchanged": [*_rewrites(_WHOLE, ("{prompt}", "{prompt}.", "{prompt}!", "  {prompt}  "))],
}  # fmt: skip
