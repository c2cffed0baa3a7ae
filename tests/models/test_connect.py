"""The client's import, begun beside other work."""

from __future__ import annotations

import subprocess
import sys

from promptci.models.base import ModelSpec
from promptci.models.connect import warm


def test_a_client_is_loaded_beside_other_work_and_collecting_goes_on() -> None:
    script = """
import gc, sys
from promptci.models.base import ModelSpec
from promptci.models.connect import warm
assert "openai" not in sys.modules
warm([ModelSpec("offline"), ModelSpec("m", "http://unused/v1")]).join()
assert {"openai", "promptci.models.openai", "promptci.models.pipeline"} <= set(sys.modules)
assert gc.isenabled()
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_embedded_model_needs_none() -> None:
    assert warm([ModelSpec("offline")]) is None
    assert warm([]) is None
