"""`.prompt.yml`: the format of GitHub Models (gh-models and actions/ai-inference read it; its service is retired).

Fields: name, description, model, modelParameters, responseFormat with jsonSchema, messages, testData, evaluators.
Placeholders are `{{name}}`; `{% raw %}` keeps literal braces. `testData` and `evaluators` are read by the eval sets and
the metrics.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts import yamltree
from promptci.prompts.base import PromptFile
from promptci.prompts.chat import messages, rewritable
from promptci.prompts.parameters import check, sorted_out
from promptci.prompts.tree import Tree

_OWN = ("messages", "modelParameters", "responseFormat", "jsonSchema", "testData", "evaluators")
_NOTED = ("name", "description", "model")


class PromptYml:
    """Messages with what is sent along."""

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Read every field. Raises DataError with place:line, also for a key that the format does not have."""
        if selector is not None:
            raise DataError("this format has nothing to choose from", place=place, hint="leave out '::' and the rest")
        tree = yamltree.read(text, place)
        value = tree.value
        if not isinstance(value, dict):
            raise DataError("must be a mapping with 'messages'", place=tree.where())
        if "messages" not in value:
            odd = next((key for key in value if key not in (*_OWN, *_NOTED)), None)
            beside = f", and '{odd}' is no key of this format" if odd else ""
            hint = "write messages: [{role: user, content: ...}]"
            raise DataError(f"'messages' is missing{beside}", place=tree.where(*([odd] if odd else [])), hint=hint)
        parameters, notes = sorted_out(value, tree.where, also=_OWN)
        parameters |= _model_parameters(tree, value) | _response(tree, value)
        parts, slots = messages(tree, value["messages"], ("messages",))
        found = evaluators(tree, value)
        return PromptFile(parts, slots, rewritable(parts), parameters, notes, "github", evaluators=found)


def _model_parameters(tree: Tree, value: Mapping[str, Json]) -> dict[str, Json]:
    given = value.get("modelParameters")
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise DataError("'modelParameters' must be a mapping", place=tree.where("modelParameters"))
    parameters, notes = sorted_out(given, lambda key: tree.where("modelParameters", key))
    for name in notes:
        raise DataError(f"unknown key '{name}'", place=tree.where("modelParameters", name))
    return parameters


def _response(tree: Tree, value: Mapping[str, Json]) -> dict[str, Json]:
    """`responseFormat` and `jsonSchema` as the API takes them; the schema is a JSON text with `name` and `schema`."""
    kind, place = value.get("responseFormat"), tree.where("responseFormat")
    if kind is None or kind == "text":
        if "jsonSchema" in value:
            hint = "add responseFormat: json_schema, or take the schema out"
            raise DataError("'jsonSchema' has no effect without it", place=tree.where("jsonSchema"), hint=hint)
        return {}
    if kind != "json_schema":
        return {"response_format": check("response_format", {"type": kind}, place)}
    where = tree.where("jsonSchema") if "jsonSchema" in value else place
    schema = value.get("jsonSchema")
    try:
        schema = json.loads(schema) if isinstance(schema, str) else schema
    except (ValueError, RecursionError) as problem:
        raise DataError(f"'jsonSchema' is not JSON: {problem}", place=where) from None
    if not isinstance(schema, dict) or not isinstance(schema.get("schema"), dict) or not schema.get("name"):
        raise DataError("'jsonSchema' must be JSON with 'name' and 'schema'", place=where)
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def evaluators(tree: Tree, value: Mapping[str, Json]) -> tuple[Mapping[str, Json], ...]:
    """Return the evaluators as they stand, each checked to be of exactly one kind: string, llm or uses."""
    given = value.get("evaluators")
    if given is None:
        return ()
    if not isinstance(given, list):
        raise DataError("'evaluators' must be a list", place=tree.where("evaluators"))
    for number, one in enumerate(given):
        where = tree.where("evaluators", number)
        if not isinstance(one, dict):
            raise DataError("an evaluator must be a mapping", place=where)
        kinds = [key for key in ("string", "llm", "uses") if key in one]
        if len(kinds) != 1:
            raise DataError("an evaluator has exactly one of: string, llm, uses", place=where)
        for key in one:
            if key not in ("name", kinds[0]):
                raise DataError(f"unknown key '{key}' of an evaluator", place=tree.where("evaluators", number, key))
    return tuple(given)


FORMAT = PromptYml()
