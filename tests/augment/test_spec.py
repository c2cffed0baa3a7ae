"""The files augment/<name>.yaml and rewrite/<name>.yaml: what they may hold, and what is wrong with others."""

from __future__ import annotations

import pytest

from promptci.augment.spec import Called, Spec, defaults, read
from promptci.errors import ConfigError
from promptci.models.base import ModelSpec, Price

OWN = """\
version: 1
rules: [Be kind.]
forbid: [bomb]
ship: [returns]
generator: {model: small, temperature: 0.3}
judge: {max_tokens: 99}
limits: {attempts: 2, quality: 0.7}
categories:
  returns:
    about: sending something back
    golden:
      - {prompt: How do I send this back?, complement: Give the steps in order.}
      - {prompt: where is my refund, complement: Say how long it takes.}
"""


def spec(text: str) -> Spec:
    return read(text, "support", "augment", "augment/support.yaml")


def test_an_almost_empty_file_has_fourteen_categories_of_four_examples() -> None:
    found = spec("version: 1\n")
    assert len(found.categories) == 14
    assert {len(c.golden) for c in found.categories} == {4}
    assert found.ships("coding")
    assert found.limits.shots == 5


def test_rewrites_need_no_categories() -> None:
    assert [c.name for c in defaults("rewrite")] == ["general"]


def test_everything_that_a_file_says_is_taken() -> None:
    found = spec(OWN)
    assert [c.name for c in found.categories] == ["returns"]
    assert found.category("returns").golden[1].made == "Say how long it takes."
    assert (found.rules, found.forbid, found.ship) == (("Be kind.",), ("bomb",), ("returns",))
    assert (found.limits.attempts, found.limits.quality) == (2, 0.7)
    assert not found.ships("coding")


def test_a_role_is_called_as_the_file_says_and_another_model_has_no_known_price() -> None:
    base = ModelSpec("big", temperature=1.0, max_tokens=10, price=Price(1, 2), base_url="http://x/v1")
    same, other = Called(temperature=0.0).over(base), spec(OWN).generator.over(base)
    assert (same.model, same.temperature, same.price) == ("big", 0.0, Price(1, 2))
    assert (other.model, other.temperature, other.max_tokens, other.price) == ("small", 0.3, 10, None)
    assert other.base_url == base.base_url


def test_the_digest_follows_the_content_and_not_the_comments() -> None:
    assert spec(OWN).digest == spec(f"# a comment\n{OWN}").digest
    assert spec(OWN).digest != spec(OWN.replace("Be kind", "Be brief")).digest


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        pytest.param("rules: []\n", 1, "'version' must be 1", id="no-version"),
        pytest.param("- 1\n", 1, "keys and values", id="a-list"),
        pytest.param("version: 1\nrulez: []\n", 2, "unknown key 'rulez'", id="unknown-key"),
        pytest.param("version: 1\nlimits: {atempts: 3}\n", 2, "unknown option 'atempts'", id="unknown-limit"),
        pytest.param("version: 1\nlimits: {attempts: 0}\n", 2, "must be at least 1", id="out-of-range"),
        pytest.param("version: 1\nlimits: 3\n", 2, "must hold keys and values", id="limits-a-number"),
        pytest.param("version: 1\njudge: {temperature: 9}\n", 2, "must be at least 0 and at most 2", id="too-hot"),
        pytest.param("version: 1\nrules: be kind\n", 2, "must be a list of texts", id="rules-a-text"),
        pytest.param("version: 1\nembed: magic\n", 2, "words or embedder", id="unknown-embedding"),
        pytest.param("version: 1\nship: [codng]\n", 2, "which is no category", id="ships-nothing"),
        pytest.param("version: 1\ncategories: {}\n", 2, "at least one category", id="no-category"),
        pytest.param("version: 1\ncategories:\n  a: {about: x}\n", 3, "golden examples", id="no-example"),
        pytest.param(OWN.replace("about:", "abuot:"), 9, "not understood", id="misspelt-about"),
        pytest.param(OWN.replace("refund, complement", "refund, rewrite"), 11, "'complement'", id="other-kind"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(ConfigError) as problem:
        spec(text)
    assert says in problem.value.problem
    assert str(problem.value.place).startswith("augment/support.yaml:")
    assert str(problem.value.place).endswith(f":{line}")
    assert problem.value.hint
