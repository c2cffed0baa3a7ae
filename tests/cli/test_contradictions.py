"""What is typed has an effect or is refused; each command of a group reaches its story, and prints what that says."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from promptci.commands.compare import Terms
from promptci.errors import UsageError
from tests.cli.test_stories import PASSED, Put, told, typed

__all__ = ["told"]

ASKING = (
    "check.checked", "optimize.optimize", "upgrade.upgrade", "explain.explained", "gate.gate", "augment.pairs",
    "augmenting.run", "evaluating.evaluate", "ci.ci",
)  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("check --replay --no-cache", "--no-cache and --replay exclude each other"),
        ("optimize --replay --no-cache", "--no-cache and --replay exclude each other"),
        ("ci --replay --no-cache", "--no-cache and --replay exclude each other"),
        ("augment build a b.jsonl --replay --no-cache", "--no-cache and --replay exclude each other"),
        ("rewrite run a --replay --no-cache", "--no-cache and --replay exclude each other"),
        ("upgrade --to ,", "no model is named"),
        ("upgrade --candidates ,,", "no model is named"),
        ("upgrade --to a --price b=1/2", "a price for 'b', which no prompt is to move to"),
        ("upgrade --to a --price =1/2", "'=1/2' is no price per million tokens"),
        ("upgrade --to a --price 1/2", "'1/2' is no price per million tokens"),
        ("upgrade --to a --price a=inf/1", "'a=inf/1' is no price per million tokens"),
        ("upgrade --to a --price a=nan/1", "'a=nan/1' is no price per million tokens"),
        ("upgrade --to a --price a=-1/2", "'a=-1/2' is no price per million tokens"),
        ("upgrade --to a --price a=1/2/3", "'a=1/2/3' is no price per million tokens"),
        ("gate a.xml --base b.xml --max-drop 1", "--max-drop and --detect are 1 or more together"),
        ("gate a.xml --base b.xml --max-drop 0.6 --detect 0.4", "--max-drop and --detect are 1 or more together"),
        ("gate a.xml --base b.xml --detect 1", "--max-drop and --detect are 1 or more together"),
        ("augment eval a b.jsonl --suffix x", "--suffix is for `--against suffix`"),
        ("rewrite eval a b.jsonl --suffix x --against none", "--suffix is for `--against suffix`"),
        ("check --self --base HEAD", "--self compares a prompt with itself alone"),
        ("check --self --accept", "--self compares a prompt with itself alone"),
        ("check --self --shard 1/2", "--self compares a prompt with itself alone"),
        ("check --tag smoke --accept", "compare with nothing"),
        ("check --failed --all", "compare with nothing"),
        ("check --case c1 --shard 1/2", "compare with nothing"),
        ("check --shard 1/2 -o a.md", "a shard has no report"),
        ("check --shard 3/2", "'3/2' names no shard"),
        ("optimize --shard 1/2", "a search has no shards"),
        ("upgrade --to a --shard 1/2", "a search has no shards"),
        ("explain --shard 1/2", "a search has no shards"),
    ],
)
def test_a_contradiction_is_refused_with_its_mend_before_any_story(line: str, said: str, told: Put) -> None:
    stories = [told(place, PASSED) for place in ASKING]
    with pytest.raises(UsageError) as caught:
        typed(line)
    assert said in caught.value.problem
    assert caught.value.hint
    assert not any(story.given or story.named for story in stories)


def test_a_model_named_twice_is_compared_once(told: Put) -> None:
    story = told("upgrade.upgrade", PASSED)
    assert typed("upgrade --to a,b,a --price b=0/0") == 0
    assert story.named["to"] == ["a", "b"]
    assert {name: (p.input, p.output) for name, p in story.named["prices"].items()} == {"b": (0.0, 0.0)}


@pytest.mark.parametrize(
    ("more", "terms"),
    [("", Terms(0.0, 0.05)), ("--max-drop 0.02", Terms(0.02, 0.05)),
     ("--max-drop 0.5 --detect 0.49", Terms(0.5, 0.49))],
    ids=["defaults", "drop", "both"],
)  # fmt: skip
def test_results_are_gated_by_the_terms_that_were_typed(more: str, terms: Terms, told: Put) -> None:
    story = told("gate.gate", PASSED)
    assert typed(f"gate a.xml --base b.xml --metric x --metric y {more}") == 0
    assert story.given == (Path("a.xml"), Path("b.xml"), terms)
    assert story.named == {"metrics": ("x", "y")}


@pytest.mark.parametrize(
    ("line", "place", "given"),
    [
        ("cache size", "kept.cache_size", ()),
        ("cache clear", "kept.cache_clear", ()),
        ("cache export a.db", "kept.cache_export", (Path("a.db"),)),
        ("cache import a.db", "kept.cache_import", (Path("a.db"),)),
        ("runs remove r1", "kept.remove_run", ("r1",)),
        ("augment init a", "augment.begin", ("augment", "a")),
        ("rewrite init a", "augment.begin", ("rewrite", "a")),
    ],
)  # fmt: skip
def test_what_is_kept_or_begun_is_told_in_a_line(
    line: str, place: str, given: tuple[Any, ...], told: Put, capsys: pytest.CaptureFixture[str]
) -> None:
    story = told(place, "done")
    assert typed(line) == 0
    assert story.given[1:] == given
    assert capsys.readouterr().out.strip() in ("done", "wrote done")


@pytest.mark.parametrize("kind", ["augment", "rewrite"])
@pytest.mark.parametrize(
    ("verdict", "flags", "code"),
    [
        ("pass", "", 0),
        ("fail", "", 1),
        ("unmeasured", "", 3),
        ("unmeasured", "--strict", 3),
        ("inconclusive", "", 0),
        ("inconclusive", "--strict", 1),
    ],
)  # fmt: skip
def test_whether_answers_got_better_is_an_exit_code(
    kind: str, verdict: str, flags: str, code: int, told: Put, capsys: pytest.CaptureFixture[str]
) -> None:
    story = told("evaluating.evaluate", SimpleNamespace(verdict=verdict, lines=["a\x1b"], data={"ä": 1}))
    assert typed(f"{kind} eval n f.jsonl {flags}") == code
    assert story.given[1:] == (kind, "n", Path("f.jsonl"))
    assert capsys.readouterr().out == "a\\u{1b}\n"
    assert typed(f"{kind} eval n f.jsonl --json --against suffix --suffix Think. {flags}") == code
    assert (story.named["against"], story.named["suffix"]) == ("suffix", "Think.")
    assert capsys.readouterr().out == '{\n  "ä": 1\n}\n'


@pytest.mark.parametrize(("finished", "code"), [(True, 0), (False, 3)], ids=["all", "cut short"])
def test_pairs_that_are_not_all_made_are_unmeasured(finished: bool, code: int, told: Put, tmp_path: Path) -> None:
    story = told("augment.pairs", SimpleNamespace(finished=finished, lines=["12 pairs"]))
    assert typed(f"augment build n log.jsonl --out {tmp_path} -j 2 --max-calls 5") == code
    assert (story.given[1:], story.named) == (("augment", "n", Path("log.jsonl")), {"out": tmp_path})
    assert (story.given[0].concurrency, story.given[0].max_calls, story.given[0].quiet) == (2, 5, True)


def test_prompts_go_through_on_standard_output_and_remarks_on_the_other(
    told: Put, capsys: pytest.CaptureFixture[str]
) -> None:
    story = told("augmenting.run", SimpleNamespace(lines=["1 call"]))
    assert typed("rewrite run n --file f.jsonl") == 0
    assert (story.given[1:3], story.named["file"]) == (("rewrite", "n"), Path("f.jsonl"))
    assert capsys.readouterr() == ("", "1 call\n")


def test_prompts_on_their_way_through_are_no_run_to_go_on_with(told: Put) -> None:
    told("augmenting.run", SimpleNamespace(lines=[]))
    with pytest.raises(click.NoSuchOption):
        typed("augment run n --resume r")


@pytest.mark.parametrize(("measured", "code"), [(True, 0), (False, 3)], ids=["some", "none"])
def test_a_shard_without_an_answer_is_unmeasured(
    measured: bool, code: int, told: Put, capsys: pytest.CaptureFixture[str]
) -> None:
    story = told("shard.shard", SimpleNamespace(measured=measured, lines=["next: promptci merge"]))
    assert typed("check a --shard 2/3 --base HEAD --all") == code
    assert (story.given[1].number, story.given[1].of) == (2, 3)
    assert story.named == {"ids": ("a",), "base": "HEAD", "everything": True}
    assert capsys.readouterr().out == "next: promptci merge\n"


@pytest.mark.parametrize(
    ("terminal", "likely", "answer", "searched"),
    [(True, 5.0, True, True), (True, 5.0, False, False), (True, 0.5, False, True), (False, 5.0, False, True)],
    ids=["agreed", "declined", "cheap", "no-terminal"],
)  # fmt: skip
def test_a_costly_search_is_agreed_to_first(
    terminal: bool, likely: float, answer: bool, searched: bool, told: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = told("optimize.optimize", PASSED)
    told("forecast.likely_usd", likely)
    asked: list[str] = []

    def confirm(text: str, **_more: Any) -> None:
        asked.append(text)
        if not answer:
            raise click.Abort

    monkeypatch.setattr(click, "confirm", confirm)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: terminal))
    if searched:
        assert typed("optimize --ask-above 1") == 0
    else:
        with pytest.raises(click.Abort):
            typed("optimize --ask-above 1")
    assert bool(story.given) is searched
    assert asked == (["This is likely to cost 5.00 USD. Search?"] if terminal and likely > 1 else [])
