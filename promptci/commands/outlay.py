"""What a build of pairs would cost, before anything is sent: rows are screened and sorted without asking anybody."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from pathlib import Path

from promptci.augment.base import Kind, Typed
from promptci.augment.building import Tally, screened
from promptci.augment.choosing import by_words, distinct
from promptci.augment.questions import Questions
from promptci.augment.reading import read as read_prompts
from promptci.commands.augment import embedder_of
from promptci.commands.augmenting import questions_of, spec_of
from promptci.commands.forecast import Part, told
from promptci.errors import DataError
from promptci.models.base import Request
from promptci.models.budget import guess
from promptci.project.inforce import in_force
from promptci.project.project import locate
from promptci.run.options import Options

_AGAIN = 1.2  # texts written for each prompt: one in six or so is refused and tried again
_VECTORS = 64  # prompts in a request for vectors


def of_build(options: Options, kind: Kind, name: str, file: Path) -> list[str]:
    """Return what `augment build` or `rewrite build` would cost; what is cut before the first call is not in it.

    Raises PromptciError as the build would.
    """
    project = in_force(locate(options.config, Path()), trusted=options.trust_tree)
    spec = spec_of(project, kind, name)
    questions, embedder = questions_of(project, spec), embedder_of(project.config, spec)
    if not file.is_file():
        raise DataError("no such file", place=str(file), hint="give a file of prompts, such as a log in JSON lines")
    tally = Tally(lambda _: None)
    prompts, _ = screened(read_prompts(file), questions, tally)
    parts = []
    if embedder is None:
        prompts = distinct(spec, prompts, tally.drop, by_words)
    elif prompts:
        sent = ceil(len(prompts) / _VECTORS)
        tokens = sum(len(p.whole) for p in prompts) // 4 // sent
        parts = [Part((sent, sent, sent), embedder, tokens)]
    parts += _pairing(questions, prompts) if prompts else []
    return told(project, options, parts)


def _pairing(questions: Questions, prompts: list[Typed]) -> Iterator[Part]:
    """Grades, categories, texts and, of complements, their checks; a text that the judge mends is checked as well."""
    n, spec = len(prompts), questions.spec
    longest, tries = max(prompts, key=lambda p: len(p.whole)), spec.limits.attempts
    kinds = [c.name for c in spec.categories]
    yield _part((n, n, n), questions.quality(longest))
    if len(kinds) > 1:
        yield _part((0, n, n), questions.category(longest))
    if spec.kind == "rewrite":
        yield _part((0, round(_AGAIN * n), tries * n), questions.compared(longest))
        return
    yield _part((0, round(_AGAIN * n), tries * n), questions.made(longest, kinds[0]))
    yield _part((0, round(_AGAIN * n), 2 * tries * n), questions.checked(longest, longest.text))


def _part(calls: tuple[int, int, int], request: Request) -> Part:
    return Part(calls, request.spec, guess(request).input_tokens)
