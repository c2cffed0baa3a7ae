"""Shared fixtures: real git, scripted models."""

from __future__ import annotations

from hypothesis import settings

# The same examples in every run, and no failure because the machine was busy.
settings.register_profile("promptci", derandomize=True, deadline=None)
settings.load_profile("promptci")
