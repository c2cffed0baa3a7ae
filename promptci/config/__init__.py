"""promptci.yaml -> frozen settings; every mistake is refused with its line.

The pydantic models of this room are the format: `promptci.yaml` is checked against them and the published JSON Schema
is made from them. Read by the command line and the stories only; floors below take the values they need.
"""

from promptci.config.base import FILE
from promptci.config.budget import BudgetSettings
from promptci.config.gate import GateSettings
from promptci.config.globs import expanded, patterns
from promptci.config.models import Models, ModelSettings, PriceSettings, PromptModelSettings
from promptci.config.names import is_pattern, matches, name_of
from promptci.config.prompts import PromptSettings
from promptci.config.pull_request import PullRequestSettings
from promptci.config.reading import load, parse
from promptci.config.schema import json_schema
from promptci.config.search import SearchSettings
from promptci.config.settings import SHARED, Config

__all__ = [
    "FILE",
    "SHARED",
    "BudgetSettings",
    "Config",
    "GateSettings",
    "ModelSettings",
    "Models",
    "PriceSettings",
    "PromptModelSettings",
    "PromptSettings",
    "PullRequestSettings",
    "SearchSettings",
    "expanded",
    "is_pattern",
    "json_schema",
    "load",
    "matches",
    "name_of",
    "parse",
    "patterns",
]
