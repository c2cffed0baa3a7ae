"""What a refusal teaches, word by word and without a server; and what is sent from then on."""

from __future__ import annotations

from typing import Any

import pytest

from promptci.models.learning import MENDS, Learned, named

SENT = {"model": "m", "max_tokens": 9, "temperature": 0.0, "seed": 1, "n": 2, "logprobs": True, "top_logprobs": 1}


@pytest.mark.parametrize(
    ("error", "name"),
    [
        pytest.param({"message": "Unsupported parameter: 'seed'", "param": "seed"}, "seed", id="by-its-field"),
        pytest.param({"message": "`temperature` is not supported"}, "temperature", id="by-its-word"),
        pytest.param({"msg": "Extra inputs are not permitted", "param": "logprobs"}, "logprobs", id="pydantic"),
        pytest.param({"detail": "unknown field top_logprobs"}, "logprobs", id="an-alias"),
        pytest.param({"message": "no", "code": "unsupported_parameter", "param": "seed"}, "seed", id="by-its-code"),
        pytest.param({"message": "Use 'max_completion_tokens' instead", "param": "max_tokens"}, "max_tokens", id="cap"),
        pytest.param({"message": "only one completion at a time"}, "n", id="one-choice"),
        pytest.param({"message": "n must be at most 1"}, "n", id="at-most-one"),
        pytest.param({"message": "unknown parameter 'n'"}, "n", id="n-in-quotes"),
        pytest.param({"message": "n is not supported in region n"}, None, id="a-bare-letter"),
        pytest.param({"message": "seeds are not supported"}, None, id="a-longer-word"),
        pytest.param({"message": "temperature must be below 2", "param": "temperature"}, None, id="its-size"),
        pytest.param({"message": "model is not supported", "param": "model"}, None, id="not-ours-to-drop"),
        pytest.param({"message": "response_format is not supported"}, None, id="what-was-not-sent"),
        pytest.param(
            {"message": "temperature (=0.0) has to be a strictly positive float"}, "temperature", id="a-sampler-only"
        ),
        pytest.param({"message": "`temperature` must be greater than 0"}, "temperature", id="more-than-zero"),
        pytest.param({"detail": "temperature: Input should be > 0"}, "temperature", id="above-zero"),
        pytest.param({"message": "max_tokens must be greater than 0"}, None, id="the-size-of-another"),
        pytest.param({}, None, id="no-words"),
    ],
)
def test_a_refusal_names_a_parameter_that_was_sent_or_nothing(error: dict[str, Any], name: str | None) -> None:
    assert named(error, SENT) == name


@pytest.mark.parametrize(
    ("refused", "gone", "there"),
    [
        pytest.param(["seed"], {"seed"}, {}, id="dropped"),
        pytest.param(["logprobs"], {"logprobs", "top_logprobs"}, {}, id="with-what-hangs-on-it"),
        pytest.param(["max_tokens"], {"max_tokens"}, {"max_completion_tokens": 9}, id="renamed"),
        pytest.param(["max_completion_tokens"], set(), {"max_tokens": 9}, id="renamed-already"),
        pytest.param(["n", "temperature"], {"n", "temperature"}, {}, id="two"),
    ],
)
def test_what_is_refused_is_left_out_and_the_cap_never(
    refused: list[str], gone: set[str], there: dict[str, Any]
) -> None:
    learned = Learned()
    learned.recall([MENDS[name] for name in refused] + ["something that nobody says"])
    assert learned.apply(dict(SENT)) == {**{k: v for k, v in SENT.items() if k not in gone}, **there}


def refusal(name: str) -> dict[str, Any]:
    return {"message": f"Unsupported parameter: '{name}'", "param": name}


def test_what_the_user_set_is_not_dropped_but_its_cap_is_renamed() -> None:
    learned = Learned()
    assert learned.lesson(refusal("seed"), SENT, ["seed"]) is None
    assert learned.refused == set()
    assert learned.lesson(refusal("max_tokens"), SENT, ["max_tokens"]) == MENDS["max_tokens"]


def test_a_temperature_of_zero_that_the_user_set_is_not_dropped() -> None:
    assert Learned().lesson({"message": "temperature must be greater than 0"}, SENT, ["temperature"]) is None


def test_a_server_that_refuses_both_names_of_the_cap_teaches_nothing_more() -> None:
    learned = Learned()
    assert learned.lesson(refusal("max_tokens"), SENT, []) == MENDS["max_tokens"]
    sent = learned.apply(dict(SENT))
    assert learned.lesson(refusal("max_completion_tokens"), sent, []) is None
    assert learned.apply(dict(SENT))["max_completion_tokens"] == 9
