"""The callback of tests/augment/test_litellm.py: loaded by LiteLLM's proxy, in an environment of its own."""

from __future__ import annotations

import atexit
import os
from pathlib import Path

from promptci.augment import ModelSpec, opened
from promptci.augment.litellm_hook import hook

augmenter = opened(os.environ["HOOK_FILE"], ModelSpec("writer", base_url=os.environ["HOOK_URL"]), timeout_s=60)
handler = hook(augmenter)
atexit.register(lambda: Path(os.environ["HOOK_TOLD"]).write_text("\n".join(augmenter.told()), encoding="utf-8"))
