"""What a prompt file is called, which paths stand for many, and what of a reply is graded."""

from __future__ import annotations

import pytest

from promptci.config import is_pattern, name_of, parse, patterns
from promptci.config.base import guess
from promptci.extraction import Extraction

ONE = "prompts:\n  - file: prompts/triage.md\n    cases: evals/triage.jsonl\n"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/triage.prompt.yml", "triage"),
        ("triage", "triage"),
        ("a.b/triage", "triage"),
        ("app/prompts.py::ROUTER", "ROUTER"),
        ("app.toml::prompts.router", "router"),
        ("a/b.py::", "b"),
        ("a/.md", ""),
        ("a/my prompt.md", "my prompt"),
    ],
)
def test_a_file_goes_by_its_name_without_endings_or_by_what_is_chosen_in_it(path: str, name: str) -> None:
    assert name_of(path) == name


@pytest.mark.parametrize(
    ("path", "many"),
    [("a/*.md", True), ("a/?.md", True), ("**/a.md", True), ("a/b.md", False), ("a/[b].md", False), ("a+.md", False)],
)
def test_stars_and_question_marks_stand_for_many_files(path: str, many: bool) -> None:
    assert is_pattern(path) is many
    assert patterns(parse(f"prompts: [{{file: '{path}', cases: e{'' if many else ', id: x'}}}]")) == [path] * many


@pytest.mark.parametrize(
    ("given", "known", "hint"),
    [
        ("exat", ("exact", "contains"), "did you mean 'exact'? known: contains, exact"),
        ("zzz", ("exact", "contains"), "known: contains, exact"),
        ("a", (), "known: "),
    ],
    ids=["close", "far", "none"],
)
def test_a_guess_names_the_closest_and_all(given: str, known: tuple[str, ...], hint: str) -> None:
    assert guess(given, known) == hint


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", Extraction()),
        ("    answer: {}\n", Extraction()),
        ("    answer: {strip_thinking: false}\n", Extraction(strip_thinking=False)),
        ("    answer: {after: 'Answer:'}\n", Extraction(after="Answer:")),
        ("    answer: {pattern: '([A-D])', first_line: true}\n", Extraction(pattern="([A-D])", first_line=True)),
    ],
    ids=["nothing", "empty", "thinking", "after", "pattern-and-line"],
)
def test_what_of_a_reply_is_graded_is_what_is_written(more: str, expected: Extraction) -> None:
    assert parse(ONE + more).prompts[0].answer.extraction() == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ("exact",)),
        ("    metric: contains\n", ("contains",)),
        ("    metrics: [exact, contains]\n", ("exact", "contains")),
        ("    metric: {name: exact, weight: 2}\n", ({"name": "exact", "weight": 2},)),
    ],
    ids=["default", "one", "several", "options"],
)
def test_a_prompt_is_measured_by_its_metrics_as_written(more: str, expected: tuple[object, ...]) -> None:
    assert parse(ONE + more).prompts[0].measured_by == expected


@pytest.mark.parametrize(
    ("gate", "tolerated", "ruled_out"),
    [("{}", 0.0, 0.05), ("{max_drop: 0.02}", 0.02, 0.07), ("{max_drop: 0.1, detect: 0.2}", 0.1, 0.3)],
)
def test_a_pass_rules_out_what_is_tolerated_and_detect_beyond_it(gate: str, tolerated: float, ruled_out: float) -> None:
    found = parse(f"{ONE}    gate: {gate}\n").prompts[0].gate
    assert found.max_drop == tolerated
    assert found.ruled_out == pytest.approx(ruled_out)
