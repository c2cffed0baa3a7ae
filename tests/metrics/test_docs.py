"""docs/metrics.md says what the table holds: made from the docstrings, the options and the examples that are run.

`GOLDEN=update pytest tests/metrics/test_docs.py` writes it anew.
"""

from __future__ import annotations

import inspect
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptci.core import Case
from promptci.metrics import ALIASES, METRICS
from promptci.metrics.build import NOT_OPTIONS, build
from promptci.metrics.combined import combined
from promptci.options import names
from tests.metrics.test_table import EXAMPLES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "metrics.md"
HEAD = """\
# Metrics

A prompt has one metric (`metric: exact`) or several (`metrics: [...]`); a row may bring more (`assert: [...]`), and all
of those must hold. A metric is written as its name, or as a mapping with its `name` and options.

Every metric takes four more options. `not: true` turns right into wrong, as `not_` before the name does. With
`pass_mark: 0.8` values from there on count as 1, others as 0; without one, values between 0 and 1 are tested as they
are, by their mean. `weight` counts in a mean; a metric of weight 0 is shown and decides nothing. `label` is its name in
reports.

With `combine: all` (the default) the lowest value counts, with `combine: mean` the weighted mean. A case that a metric
cannot judge is *unmeasured*, unless another one failed for certain; then no judge is asked about it either.

`value` stands in for the expected answer of the case; `{{ name }}` in it is the row's column. A list, there or in
`expected`, accepts any of its entries, where the metric does not say otherwise. A case without an expected answer is
refused before a call is sent when the metric compares with one; an empty text is an answer.

What is graded is the reply without a leading `<think>...</think>`; `answer: {after: "Answer:", pattern: ...,
first_line: true}` says more, `answer: {strip_thinking: false}` keeps it. A reply that never stops thinking is
unmeasured.

Some metrics need a package: `pip install 'promptci-gate[text,json,language]'`.

Rows with `human` (a person's grade: a number from 0 to 1, true, false, or one of the judge's choices) and `output` (the
answer that the person graded) certify a judge: its sensitivity, specificity and kappa with 90 % intervals, bound to the
judge's model and question. With `judge: {floor: 0.8}` on the prompt, a judge that does not reach it in both rates
decides nothing, and the verdict is unmeasured.
"""


def section(name: str) -> str:
    factory, example = METRICS[name], EXAMPLES[name]
    same = sorted(alias for alias, (target, _) in ALIASES.items() if target == name)
    options = names(factory, NOT_OPTIONS)
    parts = [f"## {name}", inspect.cleandoc(factory.__doc__ or "")]
    parts += [f"Options: {', '.join(f'`{o}`' for o in options)}."] if options else []
    parts += [f"Also called {', '.join(f'`{a}`' for a in same)}."] if same else []
    shown: dict[str, Any] = {"metric": example["metric"]}
    shown |= {key: example[key] for key in ("expected",) if key in example}
    text = yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=100).strip()
    parts += [f"```yaml\n{text}\n```"]
    for key, word in (("right", "Right"), ("wrong", "Wrong")):
        if example.get(key) and "reply" not in example:
            parts += [f"{word}: {', '.join(f'`{yaml_line(t)}`' for t in example[key])}."]
    return "\n\n".join(parts)


def yaml_line(text: str) -> str:
    return repr(text).replace("`", "'")


def page() -> str:
    return "\n\n".join([HEAD.strip(), *map(section, METRICS)]) + "\n"


def test_the_page_is_that_of_the_table() -> None:
    if os.environ.get("GOLDEN") == "update":
        PAGE.write_text(page(), "utf-8")
    assert PAGE.read_text("utf-8") == page()


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_what_it_does_and_what_its_options_are_for(name: str) -> None:
    documented = inspect.cleandoc(METRICS[name].__doc__ or "")
    assert documented.splitlines()[0].endswith(".")
    common = {"ignore_case", "ignore_punctuation", "ignore_space", "ignore_articles", "value"}
    inherited = " ".join(inspect.cleandoc(base.__doc__ or "") for base in inspect.getmro(METRICS[name])[1:])  # type: ignore[arg-type]  # a table's things are classes here
    for option in set(names(METRICS[name], NOT_OPTIONS)) - common:
        assert f"`{option}" in documented + inherited, option


def test_contributing_s_example_passes_as_it_stands(tmp_path: Path) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    code = text.split("A metric, whole:\n\n```python\n")[1].split("```")[0]
    path = tmp_path / "promptci" / "metrics" / "begins_with.py"
    path.parent.mkdir(parents=True)
    path.write_text(code, "utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    for check in (["check"], ["format", "--check"]):
        command = [*ruff, *check, "--config", str(ROOT / "pyproject.toml"), "--no-cache", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    found = runpy.run_path(str(path))
    metric = found["BeginsWith"]()
    case = Case("c", {"input": "x"}, ["yes", "y"])
    assert [metric(case, "yes, it is"), metric(case, "no"), metric(Case("d", {}), "no")] == [1.0, 0.0, None]
    assert combined(metric).version == "begins_with/1"
    assert combined(metric)(case, "yes") == 1.0


def test_one_name_is_enough_for_each_metric_without_required_options() -> None:
    for name in ("exact", "contains", "boolean", "json", "judge"):
        assert build([name], str).parts[0].name == name
