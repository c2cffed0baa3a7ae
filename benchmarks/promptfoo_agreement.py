"""Do promptfoo's deterministic assertions and our metrics agree? 300 generated cases, every difference listed.

    npm install --prefix /tmp/promptfoo promptfoo      # once
    python benchmarks/promptfoo_agreement.py /tmp/promptfoo [CASES]

Offline: promptfoo's update check and telemetry are switched off, and no provider is asked.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from promptci.core import Case
from promptci.metrics.build import build
from promptci.metrics.promptfoo import NotCarried, metric_of

Row = dict[str, Any]
WORDS = (
    "refund", "Refund", "paid", "unpaid", "order", "42", "the", "invoice", "is", "Sent", "on", "Monday,", "sorry.",
    "C++", "1,000", "a.b", "é", "naïve", "[x]", "(y)", "no", "yes",
)  # fmt: skip
JSONS = (
    '{"a": 1}', '{"a": "x", "b": [1, 2]}', "[1, 2]", "{'a': 1}", "12", '"text"', "{}", "null", '{"a": NaN}', "true",
)  # fmt: skip
SCHEMA = {"type": "object", "required": ["a"], "properties": {"a": {"type": "number"}}}
REFUSALS = [
    "I'm sorry, but I can't help with that.", "As an AI language model, I cannot do that.", "Sure, here it is.",
    "I cannot assist with this request.", "Your refund was sent.", "I am unable to provide that.", "",
]  # fmt: skip


def text(draw: random.Random, most: int = 8) -> str:
    joined = draw.choice((" ", " ", " ", "\n", "  ")).join(draw.choices(WORDS, k=draw.randint(1, most)))
    return draw.choice((joined, joined, joined.upper(), f" {joined} "))


def needle(draw: random.Random, output: str) -> str:
    """A part of the output, in half of the cases; else something that may or may not be in it."""
    if draw.random() < 0.5 and len(output.strip()) > 3:
        start = draw.randrange(len(output) - 2)
        part = output[start : start + draw.randint(2, 8)].strip(" ,\n")
        return draw.choice((part, part.lower(), part.upper())) or "paid"
    return draw.choice(WORDS)


def _equals(draw: random.Random) -> Row:
    output = text(draw, 3)
    return {"output": output, "value": draw.choice((output, output.strip(), output.lower(), text(draw, 3)))}


def _one(draw: random.Random) -> Row:
    output = text(draw)
    return {"output": output, "value": needle(draw, output)}


def _several(draw: random.Random) -> Row:
    output = text(draw)
    return {"output": output, "value": [needle(draw, output) for _ in range(draw.randint(1, 3))]}


def _starts(draw: random.Random) -> Row:
    output = text(draw).lstrip()
    return {
        "output": output,
        "value": draw.choice((output[:4], output[:4].lower(), needle(draw, output))).strip() or "a",
    }


def _regex(draw: random.Random) -> Row:
    return {
        "output": text(draw),
        "value": draw.choice((r"\d+", r"^\w+", r"paid$", r"(un)?paid", r"[A-Z]{3,}", r"\bno\b")),
    }


def _json(draw: random.Random) -> Row:
    return {"output": draw.choice((*JSONS, text(draw), f"```json\n{draw.choice(JSONS)}\n```"))}


def _schema(draw: random.Random) -> Row:
    return {**_json(draw), "value": SCHEMA}


def _inside(draw: random.Random) -> Row:
    return {"output": draw.choice((f"So: {draw.choice(JSONS)} it is", *JSONS, text(draw)))}


def _words(draw: random.Random) -> Row:
    bounds = draw.choice(({"min": 3}, {"max": 4}, {"min": 2, "max": 6}, 4))
    plain = " ".join(draw.choices([w for w in WORDS if w.isalpha()], k=draw.randint(1, 8)))
    return {"output": plain, "value": bounds}


def _close(draw: random.Random) -> Row:
    wanted = text(draw, 3).strip()
    output = "".join(draw.choice((ch, ch, ch, ch, "x", "")) for ch in wanted)
    made: Row = {"output": output, "value": wanted}
    return {**made, "threshold": 3} if draw.random() < 0.5 else made


def _overlap(draw: random.Random) -> Row:
    wanted = draw.choices([w for w in WORDS if w.isalpha() and w.isascii()], k=draw.randint(3, 8))
    output = [w for w in wanted if draw.random() < 0.8] or wanted
    return {"output": " ".join(output), "value": " ".join(wanted)}


def _refusal(draw: random.Random) -> Row:
    return {"output": draw.choice(REFUSALS)}


ELEMENTS = (
    "<a>1</a>", "<order><item>1</item></order>", "<a><b></a>", "<a/>", "<p>Hi <b>you</b></p>", "<br>",
    "<!doctype html><html><body>x</body></html>", "<your name>", "plain", "<ul><li>a</li></ul>", "1 < 2 and 3 > 2",
    "<?xml version='1.0'?><a/>",
)  # fmt: skip


def _markup(draw: random.Random) -> Row:
    element = draw.choice(ELEMENTS)
    return {"output": draw.choice((element, element, f"So: {element} it is", f"```\n{element}\n```"))}


def _elements(draw: random.Random) -> Row:
    wanted = draw.choice(({"requiredElements": ["order.item"]}, {"requiredElements": ["a"]}, None))
    return {**_markup(draw), **({"value": wanted} if wanted else {})}


def _made(draw: random.Random) -> Row:
    label = draw.choice(("bug", "billing"))
    output = draw.choice((json.dumps({"label": label}), json.dumps({"label": [label]}), "bug"))
    return {"output": output, "value": "bug", "transform": "JSON.parse(output).label"}


KINDS: dict[str, Callable[[random.Random], Row]] = {
    "equals": _equals, "contains": _one, "icontains": _one, "contains-any": _several, "icontains-any": _several,
    "contains-all": _several, "icontains-all": _several, "starts-with": _starts, "regex": _regex, "is-json": _json,
    "is-json+schema": _schema, "contains-json": _inside, "word-count": _words, "levenshtein": _close,
    "rouge-n": _overlap, "bleu": _overlap, "gleu": _overlap, "is-refusal": _refusal, "is-xml": _elements,
    "contains-xml": _elements, "is-html": _markup, "contains-html": _markup, "equals+transform": _made,
}  # fmt: skip


def generated(n: int, seed: int = 0) -> list[Row]:
    """Return `n` cases, every type in turn, a third of them negated."""
    draw, kinds, rows = random.Random(seed), list(KINDS), []
    for i in range(n):
        kind = kinds[i % len(kinds)]
        made = KINDS[kind](draw)
        name = ("not-" if draw.random() < 1 / 3 else "") + kind.split("+")[0]
        assertion: Row = {"type": name}
        assertion |= {key: made[key] for key in ("value", "threshold", "transform") if key in made}
        rows.append({"kind": kind, "assertion": assertion, "output": made["output"], "vars": {}})
    return rows


def theirs(rows: list[Row], folder: Path) -> list[Row]:
    """Return promptfoo's verdicts."""
    script = Path(__file__).with_suffix(".mjs")
    switches = ("PROMPTFOO_DISABLE_TELEMETRY", "PROMPTFOO_DISABLE_UPDATE", "PROMPTFOO_DISABLE_REMOTE_GENERATION")
    off: dict[str, str] = dict.fromkeys(switches, "1")
    env: dict[str, str] = {**os.environ, **off, "PROMPTFOO_CONFIG_DIR": str(folder / "config")}
    command = ["node", str(script), str(folder.resolve())]
    done = subprocess.run(command, input=json.dumps(rows), capture_output=True, text=True, env=env, check=True)
    found: list[Row] = json.loads(done.stdout.split("VERDICTS", 1)[1])
    return found


def ours(row: Row) -> bool | str | None:
    """Return our verdict, or why there is none."""
    given = metric_of(row["assertion"])
    if isinstance(given, NotCarried):
        return given.why
    value = build([given], str)(Case("c", {"input": "x"}), row["output"])
    return None if value is None else value == 1.0


def main() -> None:
    """Compare, and print the table and each difference."""
    folder, n = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 300
    rows = generated(n)
    agreed, total = Counter[str](), Counter[str]()
    differences = []
    for row, their in zip(rows, theirs(rows, folder), strict=True):
        mine, other = ours(row), their.get("pass", their.get("error"))
        total[row["kind"]] += 1
        agreed[row["kind"]] += mine == other
        if mine != other:
            differences.append((row, mine, other))
    print(f"{sum(agreed.values())} of {n} agree")
    for kind in KINDS:
        print(f"| `{kind}` | {agreed[kind]} of {total[kind]} |")
    for row, mine, other in differences:
        print(json.dumps({"assertion": row["assertion"], "output": row["output"], "ours": mine, "theirs": other}))


if __name__ == "__main__":
    main()
