"""What each key of promptci.yaml means, with an example: the reference and the JSON Schema say it, a test holds it.

A key is written with dots from the top on; the keys of a list's entries follow the list's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Said(NamedTuple):
    """A sentence about a key, and the value that its example gives it, as YAML on one line."""

    meaning: str
    example: str


_MODEL = {
    "model": Said(
        "The model's name at its server; `offline` is the built-in stand-in, `echo` says back what it is asked.",
        "my-model",
    ),
    "base_url": Said("A server that speaks OpenAI's protocol.", "http://localhost:8000/v1"),
    "api_key_env": Said("The environment variable that holds the key, never the key itself.", "MY_KEY"),
    "temperature": Said("Sent as it is; `null` sends none. Left out: 0 for scorer and judge, 1 for optimizer.", "0.2"),
    "max_tokens": Said("Cap on one answer. Left out: 256 for scorer, 2,048 for optimizer, 512 for judge.", "400"),
    "price": Said("US dollars per million tokens; without it a cap on cost cannot hold.", "{input: 0.4, output: 1.6}"),
    "price.input": Said("US dollars per million tokens sent.", "0.4"),
    "price.output": Said("US dollars per million tokens answered.", "1.6"),
    "seed": Said("Sent with each request, with the number of the repeat added.", "7"),
    "deadline_s": Said("Seconds that one answer may take, its retries apart.", "120"),
    "rpm": Said("Most requests a minute.", "60"),
    "tpm": Said("Most tokens a minute.", "90000"),
    "extra": Said("Sent along as it is, for what a server takes beside the usual.", "{top_k: 20}"),
}
_SEED_OF_A_PROMPT = Said("Over `models.scorer.seed`; `null` sends none.", "7")

WORDS: Mapping[str, Said] = {
    "version": Said("The version of this format; 1 is the only one.", "1"),
    "models": Said("Who answers cases, who writes candidates, who grades.", "{scorer: {model: offline}}"),
    "models.scorer": Said("Answers the cases.", "{model: offline}"),
    **{f"models.scorer.{key}": said for key, said in _MODEL.items()},
    "models.optimizer": Said(
        "Writes candidates; keys as in `models.scorer`. Left out: the scorer's model.", "{model: my-model}"
    ),
    **{f"models.optimizer.{key}": said for key, said in _MODEL.items()},
    "models.judge": Said(
        "Grades where a metric asks a model; keys as in `models.scorer`. Left out: the scorer's.", "{model: my-model}"
    ),
    **{f"models.judge.{key}": said for key, said in _MODEL.items()},
    "models.judges": Said("Further judges by name, for metrics with several; the same keys.", "{second: {model: m2}}"),
    "models.embedder": Said("Embeds texts for the metric `similarity`; has the same keys.", "{model: my-embedder}"),
    **{f"models.embedder.{key}": said for key, said in _MODEL.items()},
    "budget": Said("Hard caps for one run, every role and retry included.", "{max_calls: 2000}"),
    "budget.max_calls": Said("Most requests sent; 0 sends none, and stored answers alone are used.", "2000"),
    "budget.max_tokens": Said("Most tokens, in and out together.", "1000000"),
    "budget.max_usd": Said("Most US dollars; needs a `price` on every model that is called.", "2.5"),
    "budget.max_minutes": Said("Most minutes.", "20"),
    "prompts": Said("The prompts, at least one.", "[{file: a.md, cases: a.jsonl}]"),
    "prompts.id": Said("Its name. Left out: its file's name, or its path where names collide.", "triage"),
    "prompts.run": Said(
        "A program in the place of a prompt: its command, or `[module:function]`. It gets a JSON line a case.",
        "[python, app.py]",
    ),
    "prompts.files": Said("The files of that program that are under test.", "[prompts/agent.md]"),
    "prompts.file": Said("The prompt's file; `*`, `?` and `**` make it a pattern, one prompt a file.", "prompts/*.md"),
    "prompts.cases": Said(
        "The eval set; `{name}` is the name of the prompt's file. A `.prompt.yml` may bring its own.",
        "evals/{name}.jsonl",
    ),
    "prompts.metric": Said("How an answer is graded: a name, or a mapping with its name and options.", "exact"),
    "prompts.metrics": Said("Several metrics, in place of `metric`.", "[exact, {name: length, at_most: 20}]"),
    "prompts.combine": Said("`all` of several metrics must hold, or their weighted `mean` counts.", "mean"),
    "prompts.answer": Said("What of a reply is graded.", "{after: 'Answer:'}"),
    "prompts.answer.strip_thinking": Said("Leave out a leading `<think>` block.", "false"),
    "prompts.answer.after": Said("Grade what follows the last of these words.", "'Answer:'"),
    "prompts.answer.pattern": Said("Grade the match of this regular expression, or its group.", "'[A-D]'"),
    "prompts.answer.first_line": Said("Grade the first line that is not empty.", "true"),
    "prompts.judge": Said("How good a judge must be to decide.", "{floor: 0.8}"),
    "prompts.judge.floor": Said("Least agreement with people's grades, sensitivity and specificity.", "0.8"),
    "prompts.rewrite": Said(
        "What a search may change: `system`, `user`, `assistant` or a message's number; of a program one of its "
        "`files`, and what in it (`tools.json::0.description`).",
        "system",
    ),
    "prompts.without": Said(
        "Also ask every case without the text (`true`), or without this one of a program's `files`, to say whether it "
        "helps at all.",
        "true",
    ),
    "prompts.template": Said("How placeholders are written. Left out: as the file's format has them.", "fstring"),
    "prompts.model": Said("What this prompt changes of `models.scorer`.", "{temperature: 0.2}"),
    "prompts.model.model": Said("Another model at the same server.", "my-model"),
    "prompts.model.temperature": Said("Over the scorer's; `null` sends none.", "0.2"),
    "prompts.model.max_tokens": Said("Over the scorer's.", "400"),
    "prompts.model.seed": _SEED_OF_A_PROMPT,
    "prompts.model.price": Said("The price of that model.", "{input: 0.4, output: 1.6}"),
    "prompts.model.price.input": _MODEL["price.input"],
    "prompts.model.price.output": _MODEL["price.output"],
    "prompts.gate": Said("When a change is blocked.", "{min_score: 0.8}"),
    "prompts.gate.max_drop": Said("The drop that is tolerated, as a share of cases.", "0.02"),
    "prompts.gate.detect": Said("The drop beyond `max_drop` that a pass rules out.", "0.05"),
    "prompts.gate.min_score": Said("The lowest score that passes.", "0.8"),
    "prompts.gate.must_pass": Said("Cases or tags of which none may fail.", "[smoke]"),
    "prompts.gate.slices": Said("Gate every tag on its own, too.", "true"),
    "prompts.gate.max_length": Said("Most characters that answers may have, in the mean.", "400"),
    "prompts.target": Said(
        "Below it a push to the default branch, or a schedule, searches. Left out: `gate.min_score`, else 0.95.",
        "0.9",
    ),
    "search": Said("The bounded search.", "{strategy: edits}"),
    "search.goal": Said(
        "What it is for: a better prompt, or one that is not worse and shorter, cheaper or faster.", "length"
    ),
    "search.strategy": Said("How candidates are proposed.", "opro"),
    "search.style": Said("How edits are asked for: `plain` is one sentence a reply, for small models.", "plain"),
    "search.steps": Said("Most rounds.", "10"),
    "search.per_step": Said("Candidates a round.", "8"),
    "search.patience": Said("Rounds without progress after which it stops.", "4"),
    "search.race": Said("How candidates are compared on development cases.", "paired"),
    "search.score": Said(
        "`likelihood` also asks how likely the expected answer is: a finer signal, beside the metric.", "likelihood"
    ),
    "search.keep": Said("Passages of the prompt that no candidate may lose.", "['Answer with the name of the team.']"),
    "search.forbid": Said("Words that no candidate may bring in.", "[kindly]"),
    "search.options": Said("Options of the strategy.", "{history: 20}"),
    "execution": Said("Where calls are made; the verdict is the same everywhere.", "{executor: ray, workers: 4}"),
    "execution.executor": Said("`local`, `ray` for the workers of a cluster, or `batch`, for checks.", "batch"),
    "execution.workers": Said("Ray workers.", "4"),
    "execution.batch_price": Said("What a batch costs, as a share of the list price.", "0.4"),
    "execution.cached_input": Said("What input costs that the provider has cached, as a share.", "0.1"),
    "execution.wait_minutes": Said("How long a job waits for its batch; `--resume` collects it later.", "600"),
    "report": Said("What reports show.", "{answers: short}"),
    "report.answers": Said("How much of answers stands in job summaries and pull requests.", "none"),
    "pull_request": Said("When a change is proposed, and how.", "{draft: true}"),
    "pull_request.when": Said("Propose only what is `confirmed`, or what is `promising` as a draft, too.", "promising"),
    "pull_request.labels": Said("Its labels.", "[promptci]"),
    "pull_request.reviewers": Said("Who is asked to review; with a slash, a team.", "[dana, org/team]"),
    "pull_request.assignees": Said("Who is assigned.", "[kim]"),
    "pull_request.draft": Said("Open every pull request as a draft.", "true"),
    "pull_request.sign": Said("Let the forge's API make the commits, so that GitHub signs them.", "true"),
    "pull_request.max_open": Said("While this many of ours wait, no search is made for another.", "2"),
}

ROWS: Mapping[str, Said] = {
    "id": Said("What the case is called. Left out: a hash of its input.", '"t1"'),
    "vars": Said("The values of the prompt's placeholders; or write them as columns of their own.", '{"ticket": "?"}'),
    "expected": Said("The right answer, any JSON value; of a list, any entry.", '"billing"'),
    "tags": Said("Names for `must_pass`, slices and `--tag`.", '["smoke"]'),
    "cluster": Said("The source of cases that are not independent: they are tested as one.", '"thread-7"'),
    "weight": Said("The same for every case, or refused: no exact test honours different weights.", "1"),
    "messages": Said("A chat that is put before the prompt's last message.", '[{"role": "user", "content": "?"}]'),
    "assert": Said("Metrics of this row alone, which must hold beside the prompt's.", '["json"]'),
    "human": Said("A person's grade, to measure a judge by.", "0.5"),
}
