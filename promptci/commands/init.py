"""`promptci init`: the files of a first set-up; nothing that exists is touched."""

from __future__ import annotations

from pathlib import Path

from promptci import assets
from promptci.errors import UsageError
from promptci.gitrepo import Repository
from promptci.records.files import write_atomically

# Where each starter file comes from. The sample prompt and its eval set are the triage example's own.
_FILES = {
    "promptci.yaml": "templates/starter/promptci.yaml",
    "prompts/triage.md": "examples/triage/prompts/triage.md",
    "evals/triage.jsonl": "examples/triage/evals/triage.jsonl",
    ".github/workflows/promptci.yml": "templates/starter/workflow.yml",
}


def init(directory: Path) -> list[str]:
    """Write the starter files below `directory` and return one line for each. Raises GitError outside a repository.

    A directory that has a promptci.yaml is set up already: UsageError, and nothing is written.
    """
    Repository.open(directory)
    if (directory / "promptci.yaml").exists():
        hint = "edit it, or remove it first"
        raise UsageError("set up already", place=str(directory / "promptci.yaml"), hint=hint)
    lines = []
    for name, source in _FILES.items():
        path = directory / name
        if path.exists() or path.is_symlink():
            lines.append(f"kept     {name} (exists)")
            continue
        write_atomically(path, (assets.root() / source).read_bytes())
        lines.append(f"written  {name}")
    return [*lines, "", "next: git add -A && git commit, then `promptci check --all`"]
