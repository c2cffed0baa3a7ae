"""promptci.yaml from its bytes: what is no file, no text or another tool's, and which of several mistakes is named."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.config import Config, load, parse
from promptci.errors import ConfigError

ONE = "prompts:\n  - file: prompts/triage.md\n    cases: evals/triage.jsonl\n"  # lines 1 to 3


def refused(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return caught.value


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "promptci.yaml")
    assert stat.S_ISFIFO((tmp_path / "promptci.yaml").stat().st_mode)
    with pytest.raises(ConfigError, match="not a regular file") as caught:
        load(tmp_path / "promptci.yaml")
    assert caught.value.hint == "name a file with -c"


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (OSError(5, "Input/output error"), "Input/output"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    problem: OSError, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "promptci.yaml").write_text(ONE)

    def broken(path: Path) -> bytes:
        raise problem

    monkeypatch.setattr(Path, "read_bytes", broken)
    with pytest.raises(ConfigError, match=f"cannot be read: {said}") as caught:
        load(tmp_path / "promptci.yaml")
    assert caught.value.place == str(tmp_path / "promptci.yaml")


def test_a_link_without_an_end_and_a_name_below_a_file_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name, said in (("a/promptci.yaml", "cannot be read"), ("loop", "cannot be read"), ("dangling", "no such file")):
        with pytest.raises(ConfigError, match=said):
            load(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"\xff\xfep\x00", 1),
        (b"version: 1\r\n# \xe9\r\n", 2),
        (b"a: \xed\xa0\x80", 1),
        (b"\n\n\n\xc0\xaf", 4),
        (b"a: 1\n# \xe2\x82", 2),
    ],
    ids=["utf-16", "latin-1", "surrogate", "overlong", "cut"],
)
def test_other_bytes_than_utf_8_are_refused_with_their_line(content: bytes, line: int, tmp_path: Path) -> None:
    (tmp_path / "promptci.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match="not UTF-8 text") as caught:
        load(tmp_path / "promptci.yaml")
    assert (caught.value.place, caught.value.hint) == (f"promptci.yaml:{line}", "save the file as UTF-8")


def test_promptfoo_s_file_of_either_ending_is_pointed_at(tmp_path: Path) -> None:
    (tmp_path / "promptfooconfig.yml").write_text("")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "promptci.yaml")
    assert caught.value.hint == "`promptci init --from promptfooconfig.yml` carries it over, or name it with -c"
    (tmp_path / "promptfooconfig.yml").unlink()
    (tmp_path / "promptfooconfig.yml").mkdir()
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "promptci.yaml")
    assert caught.value.hint == "run `promptci init`, or name it with -c"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param(f"{ONE}tests: []\nserach: {{}}\n", 4, "a promptfoo configuration, by its key 'tests'", id="tests"),
        pytest.param("prompts: [x]\nproviders: [y]\n", 2, "promptfoo configuration, by its key 'providers'", id="both"),
        pytest.param("name: x\ntestData: []\n", 2, "GitHub Models, by its key 'testData'", id="github"),
        pytest.param("<<<<<<< a\nx: 1\n=======\nx: 2\n>>>>>>> b\n", 1, "a merge conflict was committed", id="conflict"),
        pytest.param(f"{ONE}    gate:\n      tests: 1\n", 5, "unknown key 'tests'", id="inside-it-is-only-unknown"),
    ],
)
def test_what_the_file_is_comes_before_what_is_wrong_in_it(text: str, line: int, said: str) -> None:
    problem = refused(text)
    assert problem.place == f"promptci.yaml:{line}"
    assert said in problem.problem


@pytest.mark.parametrize(
    ("more", "line", "said"),
    [
        ("    gate: {max_drop: x}\n    gaet: 1\n", 4, "'prompts.gate.max_drop' must be a number"),
        ("    gaet: 1\n    gate: {max_drop: x}\n", 4, "unknown key 'gaet'"),
        ("budget:\n  max_usd: 0\n  max_calls: x\n", 5, "'budget.max_usd' must be above 0"),
        ("  - fiel: b.md\n    cases: e\n", 4, "unknown key 'fiel'"),
        ("  - file: b.md\n    caeses: e\n", 5, "unknown key 'caeses'"),
        ("  - {}\nbudget: 1\n", 5, "'budget' must be a mapping"),
        ("  - {}\n", 4, "'prompts.file' is missing"),
        ("  - file: b.md\n  - file: c.md\n    cases: 1\n", 6, "'prompts.cases' must be a text"),
        ("models: {judges: {a: {model: x}, b: {modle: x}}}\n", 4, "unknown key 'modle'"),
        ("    metric: exact\n    metrics: [exact]\n", 4, "'metric' and 'metrics' are both given"),
    ],
)
def test_of_several_mistakes_the_first_that_is_written_is_named_and_what_is_missing_last(
    more: str, line: int, said: str
) -> None:
    problem = refused(ONE + more)
    assert problem.place == f"promptci.yaml:{line}"
    assert said in problem.problem


@pytest.mark.parametrize(
    ("ids", "twice"),
    [
        (("a", "b", "a"), "line 1"),
        (("a", "A"), "line 1"),
        (("stra\u00dfe.md", "x"), ""),
        (("a.b", "a_b", "a-b", "ab"), ""),
    ],
)
def test_ids_are_told_apart_as_every_file_system_does(ids: tuple[str, ...], twice: str) -> None:
    rows = "\n".join(f"  {{file: f{n}.md, cases: e, id: '{id_}'}}," for n, id_ in enumerate(ids))
    text = f"prompts: [\n{rows}\n]\n"
    if twice:
        problem = refused(text)
        assert problem.problem == f"two prompts are called '{ids[-1]}' (line 2)"
        assert problem.place == f"promptci.yaml:{len(ids) + 1}"
    elif all(id_.isascii() for id_ in ids):
        assert tuple(p.id for p in parse(text).prompts) == ids
    else:
        assert "'prompts.id' must be letters, digits" in refused(text).problem


@given(st.permutations(["version", "models", "budget", "prompts", "search", "report"]))
def test_the_order_of_sections_means_nothing(order: list[str]) -> None:
    written = {
        "version": "1", "models": "{scorer: {model: m}}", "budget": "{max_calls: 3}", "report": "{answers: none}",
        "prompts": "[{file: a.md, cases: e}]", "search": "{steps: 2}",
    }  # fmt: skip
    found = parse("".join(f"{name}: {written[name]}\n" for name in order))
    assert found == parse("".join(f"{name}: {value}\n" for name, value in written.items()))
    assert (found.budget.max_calls, found.search.steps, found.report.answers) == (3, 2, "none")


def test_settings_cannot_be_changed_after_they_were_checked() -> None:
    config = parse(ONE)
    with pytest.raises(ValueError, match="frozen"):
        config.budget.max_calls = 10**9
    with pytest.raises(ValueError, match="Extra inputs"):
        Config.model_validate({**config.model_dump(), "budgets": {}})
