"""A directory with `.prompt.yml` files (GitHub Models): they run as they are, so only promptci.yaml is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from promptci.errors import DataError
from promptci.evals import read_cases
from promptci.importing.base import Draft, Imported, Read, name_of
from promptci.prompts import read_prompt


def from_prompt_files(paths: Sequence[str], read: Read) -> Imported:
    """Name each prompt file, with its own `testData` as its cases. `paths` are prompt files of the repository.

    A file that cannot be read, or brings no rows, is left out and listed; so is a model whose server is not known.
    """
    draft, names = Draft(), [""]
    prompts = []
    for path in paths:
        content = read(path) or b""
        try:
            prompt = read_prompt("p", path, content)
        except DataError as problem:
            draft.leave(problem.place or path, problem.problem, problem.hint or "mend the file and run this again")
            continue
        try:
            read_cases(path, content)
        except DataError as problem:
            hint = "add rows there, or write an eval set and name it: prompts: [{file: ..., cases: ...}]"
            draft.leave(problem.place or path, problem.problem, hint)
            continue
        names.append(name_of(PurePosixPath(path).name.split(".")[0], names))
        prompts.append({"id": names[-1], "file": path, "cases": path})
        model = str(prompt.parameters.get("model", ""))
        if model and "/" not in model:
            draft.settings.setdefault("models", {"scorer": {"model": model, "api_key_env": "OPENAI_API_KEY"}})
        if "/" in model:
            hint = "name a server that has it: models: {scorer: {base_url: ..., api_key_env: ...}}"
            draft.leave(path, f"GitHub Models, which served '{model}', is retired", hint)
    draft.settings["prompts"] = prompts
    return draft.done()
