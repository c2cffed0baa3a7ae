"""Skills on the letters of words: first, second, third and last letter, spelling, words by their first letter."""

from __future__ import annotations

import re
from collections.abc import Callable

from promptci.models.offline.skills.base import Skill, Wanted, cues, single, words


def _letter_at(index: int) -> Callable[[str, Wanted], str | None]:
    def apply(given: str, _: Wanted) -> str | None:
        word = single(given) or next(iter(words(given)), "")
        return word[index] if -len(word) <= index < len(word) else None

    return apply


def _spelled(given: str, wanted: Wanted) -> str | None:
    word = single(given)
    if word is None or word.isdigit():
        return None
    gap = ", " if "comma" in wanted.low else "-" if re.search(r"hyphen|dash", wanted.low) else " "
    return gap.join(word)


def _starting_with(given: str, wanted: Wanted) -> str | None:
    bracketed = re.search(r"\[\s*(\w)\s*\]|\(\s*(\w)\s*\)", given)
    named = re.search(r"(?:letter|with|by) [\"'“]?([a-z])[\"'”]?(?:\W|$)", wanted.low)
    letter = (bracketed[1] or bracketed[2]) if bracketed else named[1] if named else None
    if letter is None:
        return None
    sentence = given[: bracketed.start()] if bracketed else given
    found = [w for w in words(sentence) if w[0].lower() == letter.lower()]
    if not found:
        return "none"
    if re.search(r"\b(?:a|one) word\b", wanted.low):
        found = found[:1]
    low = [w.lower() for w in found]
    return (", " if "comma" in wanted.low else " ").join(low)


LETTERS: tuple[Skill, ...] = (
    Skill(
        "first_letter",
        cues(
            (r"\b(?:first|initial|starting|leading|1st) (?:letter|character)|\binitial\b", 3.0),
            (r"(?:letter|character) (?:that )?(?:the word|it|each word) (?:starts|begins)", 2.5),
        ),
        _letter_at(0),
        (
            "Write the first letter of the word.",
            "Output the first character of the input word.",
            "Extract the initial letter.",
        ),
        ease=0.3,
    ),
    Skill(
        "second_letter",
        cues((r"\b(?:second|2nd) (?:letter|character)", 3.0), (r"letter (?:that comes )?after the first", 2.5)),
        _letter_at(1),
        (
            "Write the second letter of the word.",
            "Output the second character of the input word.",
            "Extract letter number two.",
        ),
        ease=0.3,
    ),
    Skill(
        "last_letter",
        cues((r"\b(?:last|final|ending) (?:letter|character)", 3.0)),
        _letter_at(-1),
        ("Write the last letter of the word.", "Output the final character of the input word."),
        ease=0.3,
    ),
    Skill(
        "letters_list",
        cues(
            (r"\bspell(?:ing|ed)?\b(?! out the number)", 2.0),
            (r"space[sd]? (?:between|separating)|separat\w+ (?:the |all |its |each )*(?:characters|letters)", 2.5),
            (r"(?:break|split|divide) \w+(?: \w+){0,3} into (?:its |single |separate )*(?:letters|characters)", 3.0),
            (r"(?:letters|characters)\b.*\bspace|add (?:a )?spaces? between", 2.0),
            (r"(?:list|all) (?:of )?(?:the |its )*letters", 2.0),
        ),
        _spelled,
        (
            "Write the letters of the word separated by spaces.",
            "Break the word into letters, with a space between them.",
            "Spell the word in the input.",
        ),
        ease=0.3,
    ),
    Skill(
        "starts_with",
        cues(
            (r"(?:words?|tokens?)\b.{0,60}\b(?:start|begin)s?(?:ning|ing)? (?:with|by)", 3.0),
            (r"(?:bracket|\[ ?\])", 1.5),
            (r"\b(?:start|begin)s? with the (?:letter|character|bracketed)", 1.5),
        ),
        _starting_with,
        (
            "Write all the words of the sentence that start with the letter in brackets, in their order.",
            "List the words that begin with the bracketed letter.",
            "Find words starting with the letter.",
        ),
        ease=0.5,
    ),
)
