"""Prompts that users type, improved per request: complements below them (PAS), or other words in their place (BPO).

PAS: Zheng et al. 2024, arXiv 2407.06027. BPO: Cheng et al. 2023, arXiv 2311.04155.
"""
