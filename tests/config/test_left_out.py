"""A section that is left out has its defaults, and costs no validator of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from promptci.config import json_schema, parse
from promptci.config.base import Settings
from promptci.config.budget import BudgetSettings
from promptci.config.models import Models
from promptci.config.search import SearchSettings

ONE = "prompts: [{file: prompts/triage.md, cases: evals/triage.jsonl}]\n"
EMPTY = "".join(f"{name}: {{}}\n" for name in ("models", "budget", "search", "execution", "report", "pull_request"))
IMPORTED = """
from promptci.config import Config
from promptci.config.base import Settings
kinds = [field.annotation for field in Config.model_fields.values()]
sections = [Config, *(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Settings))]
print(len(sections), {type(section.__pydantic_validator__).__name__ for section in sections})
"""


def sections(of: type[Settings] = Settings) -> list[type[Settings]]:
    """Every section that may be left out as a whole."""
    found = [s for sub in of.__subclasses__() for s in (sub, *sections(sub))]
    return [s for s in found if not any(field.is_required() for field in s.model_fields.values())]


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.__name__)
def test_what_stands_for_a_section_is_as_a_checked_empty_one(section: type[Settings]) -> None:
    assert section.model_construct() == section.model_validate({})
    assert section.model_construct().model_fields_set == set()


def test_settings_without_sections_are_those_with_empty_ones() -> None:
    assert {BudgetSettings, Models, SearchSettings} <= set(sections())
    assert parse(ONE) == parse(EMPTY + ONE)


def test_importing_settings_builds_no_validator() -> None:
    run = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
    assert run.stdout == "7 {'MockValSer'}\n"


def test_the_schema_is_made_of_sections_that_are_built() -> None:
    """Pydantic 2.10, the oldest that is supported, cannot write the default of any other."""
    assert json_schema()["properties"]["budget"]["default"] == BudgetSettings().model_dump(mode="json")
    built = {type(section.__pydantic_serializer__).__name__ for section in sections()}
    assert built == {"SchemaSerializer"}
