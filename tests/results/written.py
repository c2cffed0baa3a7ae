"""Files of results as the tools write them, made from pass or fail of each test."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Values = Sequence[bool | None]  # None: the model could not be asked


def promptfoo_row(n: int, ok: bool | None, **more: Any) -> dict[str, Any]:
    said = {"error": "API error: 503"} if ok is None else {"response": {"output": f"said {n}"}, "gradingResult": {}}
    return {
        "provider": {"id": "openai:chat:small", "label": ""},
        "promptIdx": 0,
        "testIdx": n,
        "vars": {"question": f"how many is {n}?"},
        "testCase": {"vars": {"question": f"how many is {n}?"}, "assert": [{"type": "equals", "value": n}]},
        "success": bool(ok),
        "score": float(bool(ok)),
        "failureReason": 2 if ok is None else int(not ok),
        **said,
        **more,
    }


def promptfoo(path: Path, values: Values) -> Path:
    rows = [promptfoo_row(n, ok) for n, ok in enumerate(values)]
    path.write_text(json.dumps({"evalId": "e", "results": {"version": 3, "results": rows}, "config": {}}))
    return path


def promptfoo_lines(path: Path, values: Values) -> Path:
    path.write_text("".join(json.dumps(promptfoo_row(n, ok)) + "\n" for n, ok in enumerate(values)))
    return path


def inspect_log(values: Values) -> dict[str, Any]:
    samples = [
        {
            "id": n + 1,
            "epoch": 1,
            "input": f"how many is {n}?",
            "target": str(n),
            "output": {"completion": f"said {n}"},
            "scores": {} if ok is None else {"match": {"value": "C" if ok else "I"}},
            "error": {"message": "rate limited"} if ok is None else None,
        }
        for n, ok in enumerate(values)
    ]
    about = {"task": "count", "model": "openai/small", "dataset": {"sample_ids": [s["id"] for s in samples]}}
    return {"version": 2, "status": "success", "eval": about, "samples": samples}


def inspect_json(path: Path, values: Values) -> Path:
    path.write_text(json.dumps(inspect_log(values)))
    return path


def inspect_eval(path: Path, values: Values) -> Path:
    log = inspect_log(values)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for sample in log.pop("samples"):
            archive.writestr(f"samples/{sample['id']}_epoch_1.json", json.dumps(sample))
        archive.writestr("header.json", json.dumps(log))
    return path


def junit(path: Path, values: Values) -> Path:
    inner = {
        True: "",
        False: '<failure message="AssertionError: 4 != 5">trace</failure>',
        None: '<failure message="openai.RateLimitError: 429">trace</failure>',
    }
    cases = "".join(
        f'<testcase classname="tests.test_count" name="test_it[{n}]" time="0.1">{inner[ok]}</testcase>'
        for n, ok in enumerate(values)
    )
    path.write_text(
        f'<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest">{cases}</testsuite></testsuites>'
    )
    return path


def deepeval(path: Path, values: Values) -> Path:
    def metric(ok: bool | None) -> dict[str, Any]:
        said = {"error": "rate limited", "success": False} if ok is None else {"score": float(ok), "success": ok}
        return {"name": "Tone", "threshold": 0.5, "strictMode": False, "flaky": False, **said}

    rows = [{"name": f"test_case_{n}", "input": f"how many is {n}?", "expectedOutput": str(n), "flaky": False,
             "actualOutput": f"said {n}", "metricsData": [metric(ok)]} for n, ok in enumerate(values)]  # fmt: skip
    path.write_text(json.dumps({"testCases": rows, "conversationalTestCases": [], "metricsScores": []}))
    return path


def lmeval(path: Path, values: Values) -> Path:
    rows = [
        {
            "doc_id": n,
            "doc": {"q": n},
            "doc_hash": f"d{n}",
            "target_hash": f"t{n}",
            "target": str(n),
            "filter": "none",
            "metrics": ["exact_match"],
            "exact_match": None if ok is None else float(ok),
            "resps": [["x"]],
        }
        for n, ok in enumerate(values)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def own(path: Path, values: Values) -> Path:
    from promptci.report.base import PromptReport, Report
    from promptci.report.json import as_json

    kept = {f"c{n}": None if ok is None else float(ok) for n, ok in enumerate(values)}
    path.write_text(as_json(Report("check", (PromptReport("say", "pass", (), values=kept),))))
    return path


WRITERS: dict[str, tuple[Callable[[Path, Values], Path], str]] = {
    "promptfoo": (promptfoo, ".json"),
    "promptfoo-lines": (promptfoo_lines, ".jsonl"),
    "inspect-json": (inspect_json, ".json"),
    "inspect-eval": (inspect_eval, ".eval"),
    "junit": (junit, ".xml"),
    "deepeval": (deepeval, ".json"),
    "lm-eval": (lmeval, ".jsonl"),
    "own": (own, ".json"),
}
