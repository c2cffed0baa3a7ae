"""ROUGE, BLEU, chrF, SARI and F1 give what their reference programs give, to 1e-9."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score import rouge_scorer

from promptci.core import Case
from promptci.metrics.overlap import Bleu, Chrf
from promptci.metrics.rouge import Rouge, common_subsequence
from promptci.metrics.sari import Sari, sari
from promptci.metrics.tokens import TokenF1

WORDS = st.sampled_from(
    ["the", "cat", "sat", "on", "a", "mat", "dog", "ran,", "and", "Then", "it", "was", "x1", "C-3", "good!", "over"]
)
SENTENCE = st.lists(WORDS, min_size=1, max_size=15).map(" ".join)
ROUGE = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
FIELDS = {"f1": "fmeasure", "precision": "precision", "recall": "recall"}


@settings(max_examples=150)
@given(SENTENCE, SENTENCE)
def test_rouge_is_that_of_rouge_score(expected: str, output: str) -> None:
    theirs = ROUGE.score(expected, output)
    for kind in ("1", "2", "L"):
        for measure, field in FIELDS.items():
            ours = Rouge(kind=kind, measure=measure)(Case("c", {}, expected), output)  # type: ignore[arg-type]  # its own words
            assert ours == pytest.approx(getattr(theirs[f"rouge{kind}"], field), abs=1e-9)


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_the_common_subsequence_is_the_longest(one: list[str], other: list[str]) -> None:
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    assert common_subsequence(one, other) == table[-1][-1]


@settings(max_examples=60)
@given(st.lists(SENTENCE, min_size=1, max_size=3), SENTENCE)
def test_bleu_and_chrf_are_those_of_sacrebleu(expected: list[str], output: str) -> None:
    case = Case("c", {}, expected)
    bleu = sacrebleu.metrics.bleu.BLEU(effective_order=True).sentence_score(output, expected).score
    chrf = sacrebleu.metrics.chrf.CHRF().sentence_score(output, expected).score
    assert Bleu()(case, output) == pytest.approx(min(1.0, bleu / 100), abs=1e-9)
    assert Chrf()(case, output) == pytest.approx(min(1.0, chrf / 100), abs=1e-9)


# Made with the SARI program of Hugging Face's `evaluate` (68a4b0d), which corrects the authors' own.
ROWS = json.loads(Path(__file__).with_name("sari.json").read_text("utf-8"))


@pytest.mark.parametrize(("source", "output", "expected", "value"), ROWS, ids=range(len(ROWS)))
def test_sari_is_that_of_the_corrected_program(source: str, output: str, expected: list[str], value: float) -> None:
    assert sari(source.split(), output.split(), [e.split() for e in expected]) == pytest.approx(value, abs=1e-9)


def test_sari_of_its_documented_example() -> None:
    case = Case(
        "c",
        {"input": "About 95 species are currently accepted ."},
        [
            "About 95 species are currently known .",
            "About 95 species are now accepted .",
            "95 species are now accepted .",
        ],
    )
    assert Sari()(case, "About 95 you now get in .") == pytest.approx(0.26953601953601954, abs=1e-9)


def squad_f1(output: str, expected: str) -> float:
    """SQuAD's F1 in its own steps: lower case, punctuation out, articles out, blanks; then overlap."""
    given, wanted = (
        re.sub(r"\b(a|an|the)\b", " ", re.sub(r"[^\w\s]", "", t.lower())).split() for t in (output, expected)
    )
    same = (Counter(given) & Counter(wanted)).total()
    if not given or not wanted:
        return float(given == wanted)
    return 2 * same / (len(given) + len(wanted)) if same else 0.0


@given(SENTENCE.filter(lambda s: "-" not in s), SENTENCE.filter(lambda s: "-" not in s))
def test_f1_is_that_of_squad(expected: str, output: str) -> None:
    ours = TokenF1(ignore_articles=True)(Case("c", {}, expected), output)
    assert ours == pytest.approx(squad_f1(output, expected), abs=1e-9)
