"""One search by GEPA, as its documentation shows it, for `other_optimizers.py`: `with_gepa.py URL SEED TRAIN VAL CAP`.

Reads rows.jsonl (`input`, `expected`) and start.txt here, prints the best text and the score that GEPA gives it. GEPA's
own cap counts answers to cases and stops after the round that passes it; here a round begins only where it, its
reflection and a whole look at the validation cases fit into what is left of all calls.
"""

from __future__ import annotations

import json
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import gepa


class Asked:
    """A model as GEPA takes one: a callable. Its other way, litellm, costs ten seconds of processor time a search."""

    def __init__(self, url: str, model: str) -> None:
        self.link, self.model = HTTPConnection(url.split("/")[2]), model

    def __call__(self, asked: Any) -> str:
        messages = [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
        self.link.request("POST", "/v1/chat/completions", json.dumps({"model": self.model, "messages": messages}))
        answer = json.loads(self.link.getresponse().read())
        return str(answer["choices"][0]["message"]["content"])

    def calls(self) -> int:
        """How many calls came to the server so far."""
        self.link.request("GET", "/stats")
        return int(json.loads(self.link.getresponse().read())["calls"])


def main(url: str, seed: int, train: int, val: int, cap: int) -> None:
    scorer = Asked(url, "scorer")
    rows = [json.loads(line) for line in Path("rows.jsonl").read_text().splitlines()]
    data = [{"input": r["input"], "answer": r["expected"], "additional_context": {}} for r in rows]

    def stop(_: Any) -> bool:
        return scorer.calls() + 3 + 1 + 3 + val > cap

    found = gepa.optimize(
        seed_candidate={"system_prompt": Path("start.txt").read_text()},
        trainset=data[:train],
        valset=data[train : train + val],
        task_lm=scorer,
        reflection_lm=Asked(url, "optimizer"),
        stop_callbacks=stop,
        seed=seed,
        logger=Silent(),
    )
    scores = found.val_aggregate_scores
    said = {"text": found.best_candidate["system_prompt"], "said": scores[found.best_idx] - scores[0]}
    print("\n" + json.dumps(said))


class Silent:
    """Says nothing of a search's steps."""

    def log(self, message: str) -> None:
        """Leave it unsaid."""


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
