"""Verdicts from numbers. Pure functions: no I/O, no clock, no model."""
