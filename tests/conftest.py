"""Shared fixtures: real git, scripted models."""
