"""Prompts improved per request."""
