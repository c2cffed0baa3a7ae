"""`promptci augment build` and `rewrite build` on a real repository, a door, and answers that are kept."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from promptci.cli import entry
from promptci.cli.group import cli
from promptci.commands.augment import begin, pairs
from promptci.commands.augmenting import named, run
from promptci.commands.evaluating import evaluate
from promptci.commands.gateway import gateway
from promptci.commands.outlay import of_build
from promptci.errors import ConfigError, DataError, UsageError
from promptci.project.project import locate
from tests.augment.conftest import FINE, FIT
from tests.conftest import Repo, text_of

THINGS = ("clock", "bridge", "candle", "window", "mirror", "planet", "saddle", "temple", "violin", "engine")
ROWS = [{"id": f"p{n}", "prompt": f"Explain how a {w} works and who made the first {w}"} for n, w in enumerate(THINGS)]


@pytest.fixture
def shop(repo: Repo) -> Repo:
    """The repository with augment/support.yaml, a log of ten prompts, and a model that answers every question well."""

    def judged(text: str) -> str:
        return '{"score": 1, "unsafe": false}' if '"unsafe"' in text else FINE if '"correct"' in text else "question"

    repo.model.judge = judged
    repo.model.propose = lambda text, sample: f"<INS>{FIT} {text.split('works and who made the first ')[-1][:6]}</INS>"
    repo.write("log.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS))
    begin(repo.options(), "augment", "support")
    repo.commit("Log", push=True)
    return repo


def test_a_log_becomes_pairs_with_their_card(shop: Repo) -> None:
    done = pairs(shop.options(), "augment", "support", shop.path / "log.jsonl")
    assert done.finished
    rows = [json.loads(line) for line in (done.place / "pairs.jsonl").read_text(encoding="utf-8").splitlines()]
    card = json.loads((done.place / "card.json").read_text(encoding="utf-8"))
    assert [row["id"] for row in rows] == [row["id"] for row in ROWS]
    assert (card["pairs"], card["models"], card["calls"]) == (10, ["scripted-1"], 40)
    assert set(card["templates"]) == {f"augment/{t}.j2" for t in ("quality", "category", "complement", "check")}
    assert done.lines[0] == "10 pairs for augment/support.yaml"
    again = pairs(shop.options(), "augment", "support", shop.path / "log.jsonl", out=shop.path / "again")
    assert len(shop.model.asked) == 40
    assert (again.place / "pairs.jsonl").read_bytes() == (done.place / "pairs.jsonl").read_bytes()


@pytest.mark.parametrize("cap", [0, 3, 17, 39])
def test_a_spent_budget_ends_a_build_unfinished_and_the_next_goes_on(shop: Repo, cap: int) -> None:
    first = pairs(shop.options(max_calls=cap), "augment", "support", shop.path / "log.jsonl")
    assert not first.finished
    assert len(shop.model.asked) == cap
    assert "unfinished" in "\n".join(first.lines)
    card = json.loads((first.place / "card.json").read_text(encoding="utf-8"))
    assert card["finished"] is False
    run = first.lines[-1].split()[-1]
    second = pairs(shop.options(resume=run), "augment", "support", shop.path / "log.jsonl")
    assert second.finished
    assert len(shop.model.asked) == 40


def test_rewrites_come_from_good_and_bad_answers(shop: Repo) -> None:
    begin(shop.options(), "rewrite", "support")
    shop.model.propose = lambda text, sample: (
        "Clearer.\n<INS>Explain how a clock works and who made the first one.</INS>"
    )
    rows = [{**ROWS[0], "good": "It ticks.", "bad": "No."}, ROWS[1]]
    shop.write("liked.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    done = pairs(shop.options(), "rewrite", "support", shop.path / "liked.jsonl")
    lost = [json.loads(line) for line in (done.place / "dropped.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["why"]) for row in lost] == [("p1", "no_answers")]
    assert "Good answer" in text_of(shop.model.asked[-1].messages)
    assert shop.model.calls("judge") == 1  # its grade; with one category nobody is asked for it


def test_an_own_template_is_asked_in_the_place_of_the_packaged_one(shop: Repo) -> None:
    shop.write("templates/augment/quality.j2", 'Is it good? {{ prompt }} {"score": 1, "unsafe": false}')
    pairs(shop.options(), "augment", "support", shop.path / "log.jsonl")
    assert any(text_of(r.messages).startswith("Is it good?") for r in shop.model.asked)


def test_what_a_user_can_mend_is_told_before_any_call(shop: Repo, tmp_path: Path) -> None:
    log = shop.path / "log.jsonl"
    with pytest.raises(UsageError, match="there is no augment/other"):
        pairs(shop.options(), "augment", "other", log)
    with pytest.raises(UsageError, match="there is no"):
        pairs(shop.options(), "augment", "../../secret", log)
    with pytest.raises(DataError, match="no such file"):
        pairs(shop.options(), "augment", "support", tmp_path / "none.jsonl")
    with pytest.raises(ConfigError, match="price"):
        pairs(shop.options(max_usd=1.0), "augment", "support", log)
    shop.write("augment/support.yaml", "version: 1\nembed: embedder\n")
    with pytest.raises(ConfigError, match="needs an embedding model"):
        pairs(shop.options(), "augment", "support", log)
    assert shop.model.asked == []


def test_half_a_character_in_a_log_is_a_loss_that_can_be_written(shop: Repo) -> None:
    rows = [*ROWS[:1], {"id": "\ud83d", "prompt": "Why?"}, {"id": "b", "prompt": "Explain \ud83d to me in one word"}]
    shop.write("log.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    done = pairs(shop.options(), "augment", "support", shop.path / "log.jsonl")
    lost, made = (
        [json.loads(line) for line in (done.place / name).read_text(encoding="utf-8").splitlines()]
        for name in ("dropped.jsonl", "pairs.jsonl")
    )
    assert (lost[0]["id"], lost[0]["why"]) == ("\ud83d", "short")
    assert made[1]["messages"][1]["content"] == "Explain \ud83d to me in one word"


def test_pairs_that_no_folder_can_hold_are_refused_before_any_call(shop: Repo) -> None:
    with pytest.raises(UsageError, match="no folder can be made"):
        pairs(shop.options(), "augment", "support", shop.path / "log.jsonl", out=shop.path / "log.jsonl")
    assert shop.model.asked == []


def test_init_writes_a_file_that_is_read_and_touches_none(shop: Repo) -> None:
    assert begin(shop.options(), "rewrite", "mine").read_text(encoding="utf-8").startswith("version: 1\n")
    with pytest.raises(UsageError, match="is there already"):
        begin(shop.options(), "augment", "support")
    with pytest.raises(UsageError, match="cannot be the name"):
        begin(shop.options(), "augment", "a/b")


def test_the_command_line_builds_with_the_offline_model(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    assert entry.COMMANDS
    repo.write("promptci.yaml", "version: 1\nprompts:\n  - {id: say, file: prompts/say.md, cases: evals/say.jsonl}\n")
    repo.write("log.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS))
    repo.commit("Offline", push=True)
    monkeypatch.chdir(repo.path)
    runner = CliRunner()
    assert runner.invoke(cli, ["augment", "init", "support"]).exit_code == 0
    done = runner.invoke(cli, ["augment", "build", "support", "log.jsonl", "--trust-tree"])
    assert done.exit_code == 0, done.output
    assert "10 read" in done.output
    short = runner.invoke(
        cli, ["augment", "build", "support", "log.jsonl", "--trust-tree", "--no-cache", "--max-calls", "3"]
    )
    assert short.exit_code == 3
    assert "--resume" in short.output


def test_a_prompt_goes_in_and_a_better_one_comes_out(shop: Repo) -> None:
    out = io.StringIO()
    done = run(shop.options(), "augment", "support", io.StringIO("Why is the sky blue?"), out)
    assert out.getvalue().startswith("Why is the sky blue?\n\n" + FIT)
    assert (done.total, done.unchanged) == (1, 0)
    again = io.StringIO()
    lines = run(shop.options(), "augment", "support", io.StringIO("Why is the sky blue?"), again).lines
    assert again.getvalue() == out.getvalue()
    assert lines[-1].startswith("0 calls, 2 answers from the cache")


def test_rows_become_rows_in_their_order_each_with_its_reason(shop: Repo) -> None:
    shop.write("more.jsonl", '{"prompt": "Why?", "id": "a"}\n{broken\n{"prompt": "How does a clock tick?"}\n')
    shop.model.judge = lambda text: "cooking" if "Why?" in text else "question"
    out = io.StringIO()
    done = run(shop.options(), "augment", "support", io.StringIO(), out, file=shop.path / "more.jsonl")
    first, second = map(json.loads, out.getvalue().splitlines())
    assert first == {"id": "a", "prompt": "Why?", "made": None, "category": "", "unchanged": "no_category"}
    assert second["prompt"].startswith("How does a clock tick?\n\n")
    assert "1 rows without a prompt left out" in done.lines


@pytest.mark.parametrize("name", ["judge/support", "augment/none", "../x"])
def test_a_name_that_names_no_file_is_told(shop: Repo, name: str) -> None:
    with pytest.raises(UsageError, match=r"names no file|there is no"):
        named(locate(shop.path / "promptci.yaml", shop.path), name)


def test_a_file_that_is_not_utf_8_is_told_and_not_sent_with_holes(shop: Repo) -> None:
    (shop.path / "augment/support.yaml").write_bytes("version: 1\nrules: [Grüße]\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        named(locate(shop.path / "promptci.yaml", shop.path), "support")


def test_the_gateway_takes_a_file_by_its_name(shop: Repo) -> None:
    said: list[str] = []
    code = gateway(shop.options(), [sys.executable, "-c", ""], say=said.append, augment="support")
    assert code == 0
    assert said[-1] == "0 of 0 requests changed"


CHAT = """\
import json, os, urllib.request
body = json.dumps({"model": "scripted", "messages": [{"role": "user", "content": "Why is the sky blue?"}]}).encode()
headers = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"}
asked = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", body, headers)
urllib.request.urlopen(asked).read()
"""


def test_the_gateway_counts_and_keeps_what_complements_cost_and_a_replay_sends_nothing(shop: Repo) -> None:
    said: list[str] = []
    for more in ({}, {"replay": True}):
        assert gateway(shop.options(**more), [sys.executable, "-c", CHAT], say=said.append, augment="support") == 0
    assert len(shop.model.asked) == 3
    assert said[0].startswith("3 calls, 0 answers from the cache")
    assert said[3].startswith("0 calls, 3 answers from the cache")
    assert said[1] == said[4] == "1 of 1 requests changed"


def test_a_dollar_cap_meets_every_model_before_any_call(shop: Repo) -> None:
    shop.write("augment/support.yaml", "version: 1\ngenerator: {model: another}\n")
    begin(shop.options(), "rewrite", "plain")
    settings = (shop.path / "promptci.yaml").read_text(encoding="utf-8")
    shop.write(
        "promptci.yaml", settings.replace("{model: scripted,", "{model: scripted, price: {input: 1, output: 1},")
    )
    with pytest.raises(ConfigError, match="another"):
        gateway(shop.options(max_usd=1.0), [sys.executable, "-c", CHAT], say=print, augment="support")
    with pytest.raises(ConfigError, match="another"):
        evaluate(shop.options(max_usd=1.0), "rewrite", "plain", shop.path / "log.jsonl", against="augment/support")
    assert shop.model.asked == []


@pytest.fixture
def judged(shop: Repo) -> Repo:
    """The shop, with a judge that prefers answers to prompts with a complement, but for clocks."""
    plain = shop.model.judge
    shop.model.score = lambda text, sample: "good" if FIT in text and "clock" not in text else "poor"

    def prefers(text: str) -> str:
        if "You compare two answers" not in text:
            return plain(text)
        first, second = text.index("Answer A"), text.index("Answer B")
        a, b = "good" in text[first:second], "good" in text[second:]
        return "tie" if a == b else "A" if a else "B"

    shop.model.judge = prefers
    return shop


def test_answers_that_got_better_are_a_pass_with_its_numbers(judged: Repo) -> None:
    done = evaluate(judged.options(), "augment", "support", judged.path / "log.jsonl")
    assert done.verdict == "pass"
    assert done.lines[0] == "PASS  augment/support against none"
    assert "9 won, 0 lost, 1 tied; win minus lose +90.0 points" in "\n".join(done.lines)
    assert (done.data["wins"], done.data["categories"]["question"]["ties"]) == (9, 1)
    sent = len(judged.model.asked)
    again = evaluate(judged.options(), "augment", "support", judged.path / "log.jsonl")
    assert again.data["wins"] == 9
    assert len(judged.model.asked) == sent


def test_against_an_older_version_of_the_file_and_the_other_kind(judged: Repo) -> None:
    log = judged.path / "log.jsonl"
    judged.write("augment/support.yaml", "version: 1\nrules: [Be brief.]\n")
    same = evaluate(judged.options(), "augment", "support", log, against="@HEAD")
    assert (same.verdict, same.data["ties"]) == ("inconclusive", 10)
    begin(judged.options(), "rewrite", "support")
    plain = judged.model.propose
    judged.model.propose = lambda text, sample: "<INS></INS>" if "anew" in text else plain(text, sample)
    other = evaluate(judged.options(), "augment", "support", log, against="rewrite/support")
    assert other.data["wins"] == 9
    assert evaluate(judged.options(), "augment", "support", log, against="suffix").data["wins"] == 9


def test_the_command_line_is_red_when_answers_got_worse(judged: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    judged.model.score = lambda text, sample: "poor" if FIT in text else "good"
    monkeypatch.chdir(judged.path)
    monkeypatch.setattr("promptci.cli.augmenting.options_of", lambda rest: judged.options())
    done = CliRunner().invoke(cli, ["augment", "eval", "support", "log.jsonl"])
    assert done.exit_code == 1
    assert done.output.startswith("FAIL  augment/support against none")
    as_json = CliRunner().invoke(cli, ["augment", "eval", "support", "log.jsonl", "--json"])
    assert json.loads(as_json.output)["losses"] == 10
    wrong = CliRunner().invoke(cli, ["augment", "eval", "support", "log.jsonl", "--suffix", "x"])
    assert isinstance(wrong.exception, UsageError)


def test_a_file_without_a_fit_prompt_measures_nothing(judged: Repo) -> None:
    judged.write("none.jsonl", '{"prompt": "hi"}\n')
    with pytest.raises(DataError, match="no prompt"):
        evaluate(judged.options(), "augment", "support", judged.path / "none.jsonl")


def test_a_build_costs_what_was_told(shop: Repo) -> None:
    shop.write("log.jsonl", "".join(json.dumps(row) + "\n" for row in (*ROWS, {**ROWS[0], "id": "again"})))
    (line,) = (x for x in of_build(shop.options(), "augment", "support", shop.path / "log.jsonl") if x[:5] == "calls")
    assert shop.model.asked == []
    assert [int(word) for word in line.split()[1:]] == [10, 44, 110]
    pairs(shop.options(), "augment", "support", shop.path / "log.jsonl")
    assert len(shop.model.asked) == 40


def test_a_rewrite_is_told_without_rows_that_cannot_be_one(shop: Repo) -> None:
    begin(shop.options(), "rewrite", "support")
    (line,) = (x for x in of_build(shop.options(), "rewrite", "support", shop.path / "log.jsonl") if x[:5] == "calls")
    assert [int(word) for word in line.split()[1:]] == [0, 0, 0]
    with pytest.raises(DataError, match="no such file"):
        of_build(shop.options(), "rewrite", "support", shop.path / "none.jsonl")
