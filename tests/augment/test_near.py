"""Near duplicates and clusters: planted ones are found, others are not, and the same texts give the same result."""

from __future__ import annotations

import random
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.augment.cluster import leaders
from promptci.augment.near import SAME, near
from promptci.augment.vectors import hashed
from promptci.augment.words import count, rows, words


def texts(count: int, seed: int = 1) -> list[str]:
    """Random texts of 20 to 40 words, the common ones common."""
    rng = random.Random(seed)
    weights = list(accumulate(1 / (n + 10) for n in range(5000)))
    return [" ".join(f"w{n}" for n in rng.choices(range(5000), cum_weights=weights, k=rng.randint(20, 40)))
            for _ in range(count)]  # fmt: skip


def changed(text: str, rng: random.Random) -> str:
    """The text with one word in another's place: at least .85 of the words are still shared."""
    parts = text.split()
    parts[rng.randrange(len(parts))] = "changed"
    return " ".join(parts)


def jaccard(a: str, b: str) -> float:
    first, second = set(words(a)), set(words(b))
    return len(first & second) / len(first | second)


def test_planted_near_duplicates_are_found_and_only_such_are() -> None:
    rng, base = random.Random(2), texts(2000)
    planted = [changed(text, rng) for text in base[:500]]
    wanted = [n for n, text in enumerate(planted) if jaccard(text, base[n]) >= SAME]
    found = near(rows([*base, *planted]))
    assert len(wanted) > 400
    assert sum(2000 + n in found for n in wanted) >= 0.95 * len(wanted)
    whole = [*base, *planted]
    assert all(jaccard(whole[later], whole[earlier]) >= SAME for later, earlier in found.items())


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param("Write of the sea and the moon", "write of the sea and the moon!", True, id="case"),
        pytest.param("Write a poem about the sea", "Write a poem about the sun", False, id="another-word"),
        pytest.param("为什么天空是蓝色的请简单说明一下原因", "为什么天空是蓝色的请简单说明一下原因吧", True, id="han"),
        pytest.param("为什么天空是蓝色的", "为什么草是绿色的呢", False, id="other-han"),
        pytest.param("!!!", "???", False, id="no-words"),
    ],
)  # fmt: skip
def test_two_prompts(first: str, second: str, same: bool) -> None:
    assert (near(rows([first, second])) == {1: 0}) is same


def test_what_repeats_a_dropped_one_stays_and_nothing_is_no_text() -> None:
    assert near(rows([])) == {}
    assert near(rows(["a b c"] * 4)) == {1: 0, 2: 0, 3: 0}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text("ab 天空!", max_size=30), max_size=12))
def test_any_texts_can_be_compared(given: list[str]) -> None:
    found = near(rows(given))
    assert all(earlier < later and earlier not in found for later, earlier in found.items())


def test_words_of_scripts_without_blanks_are_pairs_of_letters() -> None:
    assert words("Hi 天空蓝 you") == ["hi", "you", "天空", "空蓝"]
    assert (count("天空是蓝"), count("why not"), count("")) == (2, 2, 0)


def test_vectors_have_length_one_and_like_texts_point_the_same_way() -> None:
    found = hashed(rows([*texts(50), "the cat sat on the mat", "the cat sat on a mat", ""])).astype(float)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(53), abs=1e-2)
    assert found[50] @ found[51] > 0.4 > abs(found[50] @ found[0])
    assert found[52][0] == 1.0


def groups(sizes: int, seed: int = 3) -> np.ndarray:
    """Vectors in tight groups of five, shuffled by a seed."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(rng.normal(size=(sizes, 64)), 5, axis=0)
    given = centres + 0.1 * rng.normal(size=centres.shape)
    found: np.ndarray = (given / np.linalg.norm(given, axis=1)[:, None]).astype(np.float16)
    return found


def test_every_group_is_a_cluster_and_its_first_leads() -> None:
    found = leaders(groups(300), 0.8)
    assert found == [n - n % 5 for n in range(1500)]


def test_laid_into_cells_most_clusters_stay_whole_and_none_is_mixed() -> None:
    vectors = groups(600)
    found = leaders(vectors, 0.8, exact=100)
    assert all(head // 5 == n // 5 for n, head in enumerate(found))
    assert len(set(found)) <= 1.15 * 600
    assert found == leaders(vectors, 0.8, exact=100)


@pytest.mark.parametrize("exact", [1, 1000], ids=["cells", "exact"])
def test_nothing_like_anything_leads_alone(exact: int) -> None:
    assert leaders(np.eye(40, dtype=np.float16), 0.8, exact=exact) == list(range(40))
