"""Section `models`: addresses that can be asked, what promptci sets itself, and who is asked how in which role."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.config import Models, parse
from promptci.config.models import ModelSettings
from promptci.core import Json
from promptci.errors import ConfigError
from promptci.models.base import ModelSpec, Price
from promptci.models.parameters import OURS

ROLES = ("scorer", "optimizer", "judge", "embedder")


def models(**given: Json) -> Models:
    return parse(json.dumps({"prompts": [{"file": "a.md", "cases": "e"}], "models": given})).models


def refusal(**given: Json) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        models(**given)
    return caught.value


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:8000/v1", "https://api.openai.com/v1", "http://127.0.0.1", "http://[::1]:8000/v1",
        "http://h:65535", "http://h:/v1", "https://h/v1?api-version=2024-06-01", "https://r\u00e4ksm\u00f6rg\u00e5s.example/v1",
        "http://a_b/v1",
    ],
    ids=ascii,
)  # fmt: skip
def test_an_address_is_kept_as_it_is_written(address: str) -> None:
    assert models(scorer={"model": "m", "base_url": address}).scorer_spec().base_url == address


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://h:x/v1", "names no host, or a port that is none"),
        ("http://h:65536", "names no host, or a port that is none"),
        ("http://h:0/v1", "names no host, or a port that is none"),
        ("http://h:-1", "names no host, or a port that is none"),
        ("http://:80/v1", "names no host, or a port that is none"),
        ("http://[::1/v1", "names no host, or a port that is none"),
        ("http://[g]/v1", "names no host, or a port that is none"),
        ("http://a..b/v1", "names no host, or a port that is none"),
        (f"http://{'a' * 64}.example", "names no host, or a port that is none"),
        ("h:8000/v1", "must be an address that begins with http:// or https://"),
        ("ftp://h/v1", "must be an address"),
        ("http://", "must be an address"),
        ("http:///v1", "must be an address"),
        ("http://h /v1", "must be an address"),
        ("http://h\n", "must be an address"),
        ("http://u@h/v1", "holds no user or key"),
        ("", "must be an address"),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("role", ROLES)
def test_an_address_that_nobody_could_ask_is_refused_before_anything_is_asked(
    role: str, address: str, said: str
) -> None:
    problem = refusal(**{role: {"model": "m", "base_url": address}})
    assert "base_url' " in problem.problem
    assert said in problem.problem
    assert "http://" in str(problem.hint) + problem.problem


def test_what_stands_in_a_wrong_address_is_not_repeated() -> None:
    assert "secret" not in str(refusal(scorer={"model": "m", "base_url": "http://h:sk-secret/v1"}))


@pytest.mark.parametrize("name", sorted(OURS))
@pytest.mark.parametrize("role", ["scorer", "judge"])
def test_what_promptci_sets_for_every_call_is_no_extra(role: str, name: str) -> None:
    problem = refusal(**{role: {"model": "m", "extra": {"top_k": 1, name: 1}}})
    assert problem.problem == f"promptci sets '{name}' itself for every call"
    assert str(problem.hint).startswith("take it out")


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        pytest.param(
            {"max_completion_tokens": "900"}, "'max_completion_tokens' must be a whole number above 0", id="text"
        ),
        pytest.param({"max_tokens": 0}, "'max_tokens' must be a whole number above 0", id="nothing"),
        pytest.param({"max_tokens": None}, "'max_tokens' must be a whole number above 0", id="null"),
        pytest.param({"max_tokens": True}, "'max_tokens' must be a whole number above 0", id="true"),
        pytest.param({"max_tokens": 5, "max_completion_tokens": 6}, "are one cap", id="both"),
    ],
)
def test_a_cap_in_extra_that_would_not_be_sent_is_refused(extra: dict[str, object], said: str) -> None:
    assert said in refusal(scorer={"model": "m", "extra": extra}).problem


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("temperature", -0.1, "at least 0"),
        ("temperature", 2.01, "at most 2"),
        ("temperature", "hot", "a number"),
        ("temperature", True, "a number"),
        ("max_tokens", 0, "above 0"),
        ("max_tokens", 1.5, "a whole number"),
        ("seed", 1.5, "a whole number"),
        ("seed", "7", "a whole number"),
        ("deadline_s", 0, "above 0"),
        ("rpm", 0, "above 0"),
        ("tpm", -1, "above 0"),
        ("extra", [], "a mapping"),
        ("price", 1, "a mapping"),
        ("api_key_env", "", "the name of the environment variable"),
        ("api_key_env", "1KEY", "the name of the environment variable"),
        ("api_key_env", "MY KEY", "the name of the environment variable"),
        ("api_key_env", "KEY\n", "the name of the environment variable"),
    ],
)
def test_each_key_says_what_it_may_be(key: str, value: Json, said: str) -> None:
    problem = refusal(scorer={"model": "m", key: value})
    assert problem.problem.startswith(f"'models.scorer.{key}' must be {said}")


@pytest.mark.parametrize("side", ["input", "output"])
@pytest.mark.parametrize(("price", "said"), [(-0.01, "at least 0"), ("1", "a number"), (None, "a number")])
def test_a_price_is_a_number_of_dollars(side: str, price: Json, said: str) -> None:
    problem = refusal(scorer={"model": "m", "price": {"input": 1, "output": 1, side: price}})
    assert problem.problem == f"'models.scorer.price.{side}' must be {said}"


@pytest.mark.parametrize("bad", [float("inf"), float("-inf"), float("nan")])
def test_a_price_without_an_end_is_refused_where_no_file_is_read(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        ModelSettings.model_validate({"price": {"input": bad, "output": 1}})


EDGES: dict[str, Json] = {
    "temperature": 2, "max_tokens": 1, "seed": -1, "deadline_s": 0.001, "rpm": 1, "tpm": 1, "extra": {"top_k": 0},
    "price": {"input": 0, "output": 0}, "api_key_env": "_", "base_url": "http://h",
}  # fmt: skip


def test_the_edges_of_every_range_are_inside() -> None:
    found = models(scorer={"model": "m", **EDGES}).scorer_spec()
    assert found == ModelSpec(
        "m", base_url="http://h", api_key_env="_", temperature=2, max_tokens=1, price=Price(0, 0), seed=-1,
        deadline_s=0.001, rpm=1, tpm=1, extra={"top_k": 0},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "scorer", "optimizer", "judge"),
    [
        pytest.param({}, (0.0, 256), (1.0, 2048), (0.0, 512), id="nothing"),
        pytest.param({"scorer": {"max_tokens": 9}}, (0.0, 9), (1.0, 2048), (0.0, 512), id="a-short-answer"),
        pytest.param({"scorer": {"temperature": 0.7}}, (0.7, 256), (1.0, 2048), (0.0, 512), id="a-warm-scorer"),
        pytest.param({"scorer": {"temperature": None}}, (None, 256), (None, 2048), (None, 512), id="takes-none"),
        pytest.param({"optimizer": {"max_tokens": 7}}, (0.0, 256), (1.0, 7), (0.0, 512), id="a-short-optimizer"),
        pytest.param({"judge": {"temperature": None}}, (0.0, 256), (1.0, 2048), (None, 512), id="a-judge-of-its-own"),
        pytest.param(
            {"scorer": {"temperature": None}, "judge": {"model": "j"}}, (None, 256), (None, 2048), (0.0, 512),
            id="another-judge-takes-one",
        ),
        pytest.param({"optimizer": None, "judge": None}, (0.0, 256), (1.0, 2048), (0.0, 512), id="null-is-left-out"),
    ],
)  # fmt: skip
def test_each_role_asks_in_its_own_way(
    given: dict[str, Json], scorer: object, optimizer: object, judge: object
) -> None:
    found = models(**given)
    specs = (found.scorer_spec(), found.optimizer_spec(), found.judge_spec())
    assert [(s.temperature, s.max_tokens) for s in specs] == [scorer, optimizer, judge]


INHERITED = st.fixed_dictionaries(
    {"model": st.text("abc-", min_size=1, max_size=8)},
    optional={
        "seed": st.integers(0, 99), "rpm": st.integers(1, 99), "tpm": st.integers(1, 99),
        "extra": st.dictionaries(st.sampled_from(["top_k", "min_p"]), st.integers(0, 9)),
        "deadline_s": st.floats(0.1, 99), "base_url": st.just("http://h/v1"), "api_key_env": st.just("K"),
    },
)  # fmt: skip


@given(INHERITED)
def test_a_role_that_is_left_out_has_everything_of_the_scorer_s_but_how_it_is_asked(given: dict[str, Json]) -> None:
    found = models(scorer=given)
    for spec in (found.scorer_spec(), found.optimizer_spec(), found.judge_spec()):
        assert {name: getattr(spec, name) for name in given} == given
        assert spec.price is None


def test_a_model_is_named_before_anything_runs() -> None:
    for role in ROLES:
        problem = refusal(**{role: {"model": "YOUR-MODEL"}})
        assert problem.problem == "'YOUR-MODEL' is a placeholder, not a model"
        assert "offline" in str(problem.hint)
