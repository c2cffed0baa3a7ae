"""Metrics by name: add a file beside this one and a line to the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from promptci.metrics.base import Metric
from promptci.plugins import Table

Factory = Callable[..., Metric]

METRICS: Table[Factory] = Table(
    "metrics",
    {
        "exact": "promptci.metrics.exact:Exact",
        "contains": "promptci.metrics.contains:Contains",
        "contains_all": "promptci.metrics.contains:ContainsAll",
        "starts_with": "promptci.metrics.contains:StartsWith",
        "ends_with": "promptci.metrics.contains:EndsWith",
        "regex": "promptci.metrics.regex:Regex",
        "number": "promptci.metrics.number:Numeric",
        "choice": "promptci.metrics.choice:Choice",
        "boolean": "promptci.metrics.choice:Boolean",
        "set": "promptci.metrics.lists:SameSet",
        "list": "promptci.metrics.lists:SameList",
        "word_set": "promptci.metrics.tokens:WordSet",
        "token_f1": "promptci.metrics.tokens:TokenF1",
        "rouge": "promptci.metrics.rouge:Rouge",
        "bleu": "promptci.metrics.overlap:Bleu",
        "chrf": "promptci.metrics.overlap:Chrf",
        "gleu": "promptci.metrics.gleu:Gleu",
        "levenshtein": "promptci.metrics.edit:Levenshtein",
        "sari": "promptci.metrics.sari:Sari",
        "json": "promptci.metrics.structured:JsonValid",
        "json_schema": "promptci.metrics.structured:JsonSchema",
        "json_fields": "promptci.metrics.structured:JsonFields",
        "json_path": "promptci.metrics.structured:JsonPath",
        "tool_call": "promptci.metrics.tools:ToolCalls",
        "tool_f1": "promptci.metrics.tools:ToolF1",
        "tool_schema": "promptci.metrics.toolschema:ToolSchema",
        "xml": "promptci.metrics.markup:Xml",
        "html": "promptci.metrics.markup:Html",
        "length": "promptci.metrics.length:Length",
        "language": "promptci.metrics.language:Language",
        "refusal": "promptci.metrics.refusal:Refusal",
        "python": "promptci.metrics.code:PythonFunction",
        "javascript": "promptci.metrics.javascript:JavaScript",
        "command": "promptci.metrics.code:Command",
        "latency": "promptci.metrics.spent:Latency",
        "cost": "promptci.metrics.spent:Cost",
        "finish_reason": "promptci.metrics.finish:FinishReason",
        "log_probability": "promptci.metrics.likely:LogProbability",
        "similarity": "promptci.metrics.similar:Similarity",
        "judge": "promptci.metrics.judge:Judge",
        "factuality": "promptci.metrics.rubrics:Factuality",
        "relevance": "promptci.metrics.rubrics:Relevance",
        "faithfulness": "promptci.metrics.rubrics:Faithfulness",
        "tone": "promptci.metrics.rubrics:Tone",
        "coherence": "promptci.metrics.rubrics:Coherence",
        "fluency": "promptci.metrics.rubrics:Fluency",
        "equivalence": "promptci.metrics.rubrics:Equivalence",
        "pairwise": "promptci.metrics.pairwise:Pairwise",
        "group": "promptci.metrics.group:Group",
        "transformed": "promptci.metrics.transformed:Transformed",
    },
)
# Other names for the same rule, with the options that make it the same.
ALIASES: dict[str, tuple[str, dict[str, Any]]] = {
    "equals": ("exact", {}),
    "any_of": ("exact", {}),
    "contains_any": ("contains", {}),
    "f1": ("token_f1", {}),
    "numeric": ("number", {}),
    "rouge_1": ("rouge", {"kind": "1"}),
    "rouge_2": ("rouge", {"kind": "2"}),
    "rouge_l": ("rouge", {"kind": "L"}),
    "json_valid": ("json", {}),
    "llm_rubric": ("judge", {}),
}
