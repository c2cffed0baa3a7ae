"""Why an assertion of promptfoo's has no metric here, by its type (all before a colon)."""

from __future__ import annotations

from collections.abc import Mapping

WHY: Mapping[str, str] = {
    "ruby": "Ruby is not run; `command` runs a program of yours",
    "webhook": "no address is called about an answer; `command` runs a program of yours",
    "assert-set": "it needs a list `assert`, and a threshold above 0 and at most 1 where it has one",
    "select-best": "answers of one prompt are not compared with each other; `pairwise` compares with the base's",
    "trajectory": "an agent's trace is not read",
    "trace-span-count": "an agent's trace is not read",
    "moderation": "no moderation service is asked; `judge` grades by a rubric",
    "classifier": "no classifier is asked; `command` or `judge` may stand in for it",
    "guardrails": "a server's guardrails are not read",
    "context-recall": "it judges what was retrieved, and not an answer",
    "context-relevance": "it judges what was retrieved, and not an answer",
    "conversation-relevance": "`relevance` judges one answer",
    "max-score": "answers of one prompt are not compared with each other; `pairwise` compares with the base's",
    "perplexity": "answers are not asked for with log probabilities",
    "perplexity-score": "answers are not asked for with log probabilities",
    "meteor": "it needs WordNet; `rouge`, `chrf` and `similarity` compare texts",
    "is-sql": "no SQL is parsed; `python` or `command` may, with a parser of yours",
    "contains-sql": "no SQL is parsed; `python` or `command` may, with a parser of yours",
    "pi": "that service is not asked; `judge` grades by a rubric",
    "search-rubric": "a judge here searches nothing; `judge` grades by a rubric",
    "agent-rubric": "a judge here runs no agent; `judge` grades by a rubric",
    "skill-used": "an agent's trace is not read",
    "trace-error-spans": "an agent's trace is not read",
    "trace-span-duration": "an agent's trace is not read",
}
