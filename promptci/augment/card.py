"""What is written of a build: pairs as chats, every loss, and a card that says what the data are and what they cost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from promptci.augment.base import STAGES, Dropped, Pair, joined
from promptci.augment.building import Built
from promptci.augment.spec import Spec
from promptci.core import Json

SYSTEM = {
    "augment": "Write a short complement to the user's request that says how to answer it. Say how, not what; "
    "do not answer; add no facts; write in the language of the request.",
    "rewrite": "Write the user's request anew so that it gets a better answer. Keep all information and the whole "
    "intent; do not answer; add no facts; write in the language of the request.",
}
_WORDS: Mapping[str, str] = {
    "read": "read", "screen": "screened", "near": "compared for near duplicates", "cluster": "clustered",
    "judge": "graded", "category": "sorted by category", "pair": "given a text",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Where a build came from: hashes of all that made it, the models, and what was paid."""

    input_sha256: str
    templates: Mapping[str, str]
    models: Sequence[str]
    calls: int
    cost_usd: float
    finished: bool


def chats(pairs: Iterable[Pair], spec: Spec) -> str:
    """The pairs as JSON lines in the chat form that TRL, LLaMA-Factory and OpenAI-compatible fine-tuning read."""
    return "".join(line(_chat(pair, spec)) for pair in pairs)


def _chat(pair: Pair, spec: Spec) -> Json:
    asked = pair.typed.text if spec.kind == "rewrite" else joined(pair.typed.text, pair.typed.context)
    turns = (("system", SYSTEM[spec.kind]), ("user", asked), ("assistant", pair.made))
    messages = [{"role": role, "content": content} for role, content in turns]
    return {"messages": messages, "id": pair.typed.id, "category": pair.category, "attempts": pair.attempts}


def loss(dropped: Dropped) -> str:
    """One loss as a JSON line."""
    return line({"id": dropped.id, "stage": dropped.stage, "why": dropped.reason.kind, "said": dropped.reason.text})


def line(value: Json) -> str:
    """A value as a line of JSON that any file takes: half a surrogate pair stands as its escape."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def dataset_info(name: str, file: str) -> str:
    """The entry by which LLaMA-Factory finds the pairs (its data/README, "OpenAI format")."""
    tags = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
    entry = {"file_name": file, "formatting": "sharegpt", "columns": {"messages": "messages"},
             "tags": {**tags, "system_tag": "system"}}  # fmt: skip
    return json.dumps({name: entry}, indent=2) + "\n"


def card(built: Built, spec: Spec, source: Source) -> dict[str, Json]:
    """The card as data; with the same answers it is the same, whoever was interrupted how often."""
    tally = built.tally
    return {
        "schema": "promptci.pairs/1",
        "name": spec.name,
        "kind": spec.kind,
        "finished": source.finished,
        "pairs": len(built.pairs),
        "stages": [
            {"stage": s, "entered": tally.entered[s], "dropped": dict(sorted(tally.lost[s].items()))} for s in STAGES
        ],
        "categories": dict(sorted(Counter(p.category for p in built.pairs).items())),
        "attempts": dict(sorted(Counter(str(p.attempts) for p in built.pairs).items())),
        "masked": dict(sorted(built.hidden.items())),
        "file": spec.digest,
        "input_sha256": source.input_sha256,
        "templates": dict(sorted(source.templates.items())),
        "models": list(source.models),
        "calls": source.calls,
        "cost_usd": source.cost_usd,
    }


def told(found: Mapping[str, Json]) -> list[str]:
    """The card in words, one line a stage."""
    lines = [f"{found['pairs']:,} pairs for {found['kind']}/{found['name']}.yaml"]
    for stage in found["stages"]:
        lost = stage["dropped"]
        why = ", ".join(f"{n:,} {kind}" for kind, n in sorted(lost.items(), key=lambda item: (-item[1], item[0])))
        lines.append(f"  {stage['entered']:>9,} {_WORDS[stage['stage']]}" + (f"; dropped: {why}" if why else ""))
    if found["categories"]:
        lines.append("  by category: " + ", ".join(f"{name} {n:,}" for name, n in found["categories"].items()))
    if found["masked"]:
        lines.append("  masked by rule: " + ", ".join(f"{n:,} {kind}" for kind, n in found["masked"].items()))
    lines.append(
        f"  {found['calls']:,} calls, {found['cost_usd']:.4f} USD; models: {', '.join(found['models']) or 'none'}"
    )
    return lines
