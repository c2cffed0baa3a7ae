"""Metrics by name: add a file beside this one and a line to the table."""
