"""Eval sets: read one, split it by stable ids."""
