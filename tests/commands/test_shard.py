"""A check in shards and their merge: the verdict of one machine, whatever was asked where."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.commands.merge import merge
from promptci.commands.shard import Sharded, capped, shard
from promptci.errors import DataError, UsageError
from promptci.project.project import locate
from promptci.records import shard as records
from promptci.records.shard import Asked, Shard, shard_of
from promptci.report.base import Report
from promptci.report.json import as_data
from tests.conftest import START, Repo, reasons_of

WORSE, HARMLESS = "Say it.\n\nInput: {{ input }}\n", START.replace("Say", "Tell me") + "\n"


def number(text: str) -> int:
    return int(text.rsplit("number ", 1)[1].split()[0])


def worse_without_word(repo: Repo) -> None:
    repo.model.score = lambda text, sample: "no" if "word" not in text and number(text) % 3 == 0 else "yes"


def told(report: Report) -> dict[str, object]:
    """The report as it is written, without its time, and without the note on what was asked ahead."""
    data = as_data(report, details=True)
    notes = [note for note in report.notes if "asked ahead" not in note]
    return {**data, "wall_s": 0, "notes": notes}


def fresh(repo: Repo) -> None:
    """Forget what this machine knows: a shard runs on another one."""
    for name in ("cache", "runs"):
        place = repo.path / ".promptci" / name
        for path in sorted(place.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


def sharded(repo: Repo, of: int, keep: Path, **options: object) -> list[Sharded]:
    """Run every shard on a machine of its own; keep their directories as CI artifacts are kept."""
    found = []
    for part in Shard(1, of).all:
        fresh(repo)
        done = shard(repo.options(run=f"s{part.number}", **options), part)
        place = keep / f"s{part.number}"
        done.place.rename(place)
        found.append(replace(done, place=place))
    fresh(repo)
    return found


@pytest.mark.parametrize("of", [1, 4])
@pytest.mark.parametrize("text", [WORSE, HARMLESS], ids=["worse", "harmless"])
def test_shards_and_their_merge_give_the_report_of_one_machine(text: str, of: int, repo: Repo, tmp_path: Path) -> None:
    worse_without_word(repo)
    repo.write("prompts/say.md", text)
    alone = check(repo.options(run="r"))
    places = [one.place for one in sharded(repo, of, tmp_path)]
    merged = merge(repo.options(run="r"), places)
    assert told(merged) == told(alone)
    assert merged.verdict == ("fail" if text is WORSE else "pass")


def test_a_merge_pays_for_nothing_that_a_shard_has_paid_for(repo: Repo, tmp_path: Path) -> None:
    worse_without_word(repo)
    repo.write("prompts/say.md", WORSE)
    done = sharded(repo, 3, tmp_path)
    before = len(repo.model.asked)
    assert before == 2 * 240 == sum(one.asked.calls for one in done)
    merge(repo.options(), [one.place for one in done])
    first = {(r.messages, r.sample) for r in repo.model.asked[:before]}
    assert first.isdisjoint((r.messages, r.sample) for r in repo.model.asked[before:])


def test_what_was_asked_ahead_for_nothing_is_told(repo: Repo, tmp_path: Path) -> None:
    repo.write("prompts/say.md", HARMLESS)
    merged = merge(repo.options(), [one.place for one in sharded(repo, 2, tmp_path)])
    ahead = 480 - merged.calls
    assert ahead > 0
    assert any(f"not needed for the verdict: {ahead:,} calls" in note for note in merged.notes)


def test_a_missing_shard_is_unmeasured_never_asked_and_named(repo: Repo, tmp_path: Path) -> None:
    worse_without_word(repo)
    repo.write("prompts/say.md", WORSE)
    done = sharded(repo, 4, tmp_path)
    before = len(repo.model.asked)
    report = merge(repo.options(), [one.place for one in done if one.asked.shard.number != 2])
    (prompt,) = report.prompts
    assert report.verdict == "unmeasured"
    assert prompt.unmeasured
    assert "shard 2/4 is missing: its cases are unmeasured" in report.notes
    assert any("shard 2/4 is missing" in reason for reason in reasons_of(prompt))
    samples = {r.sample for r in repo.model.asked[before:]}
    assert all(sample > 0 for sample in samples)


def test_a_missing_shard_of_many_leaves_the_others_verdict(repo: Repo, tmp_path: Path) -> None:
    repo.write("prompts/say.md", HARMLESS)
    done = sharded(repo, 40, tmp_path)
    report = merge(repo.options(), [one.place for one in done[:-1]])
    assert report.verdict == "pass"


def test_a_merge_is_made_again_from_the_same_shards(repo: Repo, tmp_path: Path) -> None:
    worse_without_word(repo)
    repo.write("prompts/say.md", WORSE)
    places = [one.place for one in sharded(repo, 2, tmp_path)]
    first = merge(repo.options(), places)
    again = merge(repo.options(), places)
    assert (first.verdict, first.prompts[0].values) == (again.verdict, again.prompts[0].values)


@pytest.mark.parametrize("calls", [100, 1000])
def test_shards_and_merge_together_stay_within_the_cap(calls: int, repo: Repo, tmp_path: Path) -> None:
    worse_without_word(repo)
    repo.write("prompts/say.md", WORSE)
    done = sharded(repo, 3, tmp_path, max_calls=calls)
    report = merge(repo.options(max_calls=calls), [one.place for one in done])
    assert len(repo.model.asked) <= calls
    assert report.verdict == ("unmeasured" if calls == 100 else "fail")


def test_an_interrupted_shard_goes_on_and_pays_nothing_twice(repo: Repo, tmp_path: Path) -> None:
    repo.write("prompts/say.md", HARMLESS)
    cut = shard(repo.options(run="s1", max_calls=60), Shard(1, 2))
    assert cut.stopped is not None
    assert cut.asked.open
    assert any("stopped early" in line for line in cut.lines)
    whole = shard(repo.options(resume="s1"), Shard(1, 2))
    assert (whole.asked.calls, whole.asked.open) == (240, 0)
    assert len(repo.model.asked) == 240


def test_a_shard_without_any_answer_measured_nothing(repo: Repo) -> None:
    repo.write("prompts/say.md", HARMLESS)
    assert not shard(repo.options(max_calls=0), Shard(1, 2)).measured


def test_a_shard_of_an_unchanged_repository_has_nothing_to_ask(repo: Repo) -> None:
    repo.write("README.md", "another word\n")
    repo.commit("Change the README", push=True)
    done = shard(repo.options(), Shard(2, 2))
    assert done.measured
    assert "asked 0 questions" in done.lines[0]


def _another_tree(place: Path, repo: Repo) -> None:
    repo.write("prompts/say.md", WORSE + "More.\n")


def _another_version(place: Path, repo: Repo) -> None:
    _edit(place, version="0.0.1")


def _edit(place: Path, **changes: object) -> None:
    path = place / records.FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _no_answers(place: Path, repo: Repo) -> None:
    (place / records.ANSWERS).unlink()


def _another_whole(place: Path, repo: Repo) -> None:
    _edit(place, shard={"number": 1, "of": 3})


def _twice(place: Path, repo: Repo) -> None:
    _edit(place, shard={"number": 2, "of": 2})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_another_tree, "another tree"),
        (_another_version, "different versions"),
        (_no_answers, "no answers"),
        (_another_whole, "different wholes"),
        (_twice, "twice"),
    ],
    ids=["tree", "version", "answers", "whole", "twice"],
)
def test_what_does_not_belong_together_is_refused(
    change: Callable[[Path, Repo], None], said: str, repo: Repo, tmp_path: Path
) -> None:
    repo.write("prompts/say.md", HARMLESS)
    done = sharded(repo, 2, tmp_path)
    change(done[0].place, repo)
    with pytest.raises(UsageError, match=said):
        merge(repo.options(), [one.place for one in done])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not a shard's record"),
        ('{"schema": "promptci.shard/9"}', "this version reads"),
        ('{"schema": "promptci.shard/1", "shard": {"number": 3, "of": 2}}', "there is no shard 3/2"),
        ('{"schema": "promptci.shard/1", "shard": {"number": 1, "of": 10001}}', "there is no shard 1/10001"),
        ('{"schema": "promptci.shard/1", "shard": {"number": "1", "of": 2}}', "'number' must be a whole number"),
    ],
    ids=["json", "schema", "range", "too many", "type"],
)
def test_a_damaged_record_is_named(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / records.FILE).write_text(content)
    with pytest.raises(DataError, match=said):
        records.read(tmp_path)


TOLD = Asked("r", Shard(1, 2), "1", "p", (), None, False, 1, -5, 8, 3, 4, 0.5, 6, 0)


@pytest.mark.parametrize(
    ("name", "forged"),
    [("calls", replace(TOLD, calls=-1)), ("tokens", replace(TOLD, tokens=-1)), ("usd", replace(TOLD, usd=-0.1))],
)
def test_a_record_cannot_give_back_what_was_booked(name: str, forged: Asked, tmp_path: Path) -> None:
    records.write(tmp_path, TOLD)
    assert records.read(tmp_path) == TOLD
    records.write(tmp_path, forged)
    with pytest.raises(DataError, match=f"'{name}' must be"):
        records.read(tmp_path)


def test_a_directory_without_a_record_is_no_shard(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no shard's record"):
        records.read(tmp_path)


@pytest.mark.parametrize("text", ["", "2", "0/2", "3/2", "-1/2", "1/0", "1/2/3", "a/b", "1/10001", "²/3"])
def test_what_names_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="names no shard"):
        shard_of(text)


@pytest.mark.parametrize("whole", [0, 1, 7, 1999, 2000])
@pytest.mark.parametrize("of", [1, 2, 8, 37])
def test_the_shares_of_a_whole_add_up_to_it(whole: int, of: int) -> None:
    shares = [part.share(whole) for part in Shard(1, of).all]
    assert sum(shares) == whole
    assert max(shares) - min(shares) <= 1


def test_the_shards_caps_leave_a_tenth_for_the_merge(repo: Repo) -> None:
    project = locate(repo.path / "promptci.yaml", repo.path)
    caps = [capped(repo.options(max_calls=1000, max_usd=5.0), project, part) for part in Shard(1, 7).all]
    assert sum(c.max_calls or 0 for c in caps) == 900
    assert sum(c.max_tokens or 0 for c in caps) == 18_000_000
    assert sum(c.max_usd or 0 for c in caps) <= 4.5 + 1e-9


def test_a_merge_request_is_judged_by_its_targets_settings_in_shards_too(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse_without_word(repo)
    repo.git("checkout", "-q", "-b", "change")
    repo.write("prompts/say.md", WORSE)
    text = (repo.path / "promptci.yaml").read_text()
    repo.write("promptci.yaml", text.replace("say.jsonl}", "say.jsonl, gate: {max_drop: 0.9}}"))
    repo.commit("Make it worse and tolerate it")
    repo.git("fetch", "--quiet", "origin")
    for name, value in {"GITLAB_CI": "true", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CI_MERGE_REQUEST_IID", "7")
    alone = check(repo.options(run="r"))
    done = sharded(repo, 3, tmp_path)
    merged = merge(repo.options(run="r"), [one.place for one in done])
    assert told(merged) == told(alone)
    assert merged.verdict == "fail"


def test_a_commit_does_not_bring_them_at_its_top_either(repo: Repo, tmp_path: Path) -> None:
    (one,) = sharded(repo, 1, tmp_path)
    shutil.copytree(one.place, repo.path, dirs_exist_ok=True)
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--message", "Bring answers")
    with pytest.raises(DataError, match="do not belong into a commit"):
        merge(repo.options(), [repo.path])


def test_a_commit_does_not_bring_a_shard_s_answers(repo: Repo, tmp_path: Path) -> None:
    repo.write("prompts/say.md", HARMLESS)
    done = sharded(repo, 2, tmp_path)
    for at, one in enumerate(done):
        shutil.copytree(one.place, repo.path / f"Shards/{at}")
    places = [repo.path / f"Shards/{at}" for at in range(2)]
    assert merge(repo.options(), places).verdict == "pass"  # as a job's artifacts lie there
    repo.git("add", "--force", "Shards")
    repo.git("commit", "--quiet", "--message", "Bring answers")
    with pytest.raises(DataError, match="do not belong into a commit"):
        merge(repo.options(), places)
