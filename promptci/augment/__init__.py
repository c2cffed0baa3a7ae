"""Prompts that users type, improved per request: complements below them (PAS), or other words in their place (BPO).

PAS: Zheng et al. 2024, arXiv 2407.06027. BPO: Cheng et al. 2023, arXiv 2311.04155. For a program of one's own:

    augmenter = opened("augment/support.yaml", ModelSpec("YOUR-MODEL"))
    better = await augmenter.improve("Why is the sky blue?")   # .text, .made, .reason, .added_s
"""

from promptci.augment.augmenter import Augmenter
from promptci.augment.improved import Improved
from promptci.augment.opening import opened
from promptci.models.base import ModelSpec

__all__ = ["Augmenter", "Improved", "ModelSpec", "opened"]
