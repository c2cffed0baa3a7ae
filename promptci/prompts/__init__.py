"""Prompt files: read one, render it, write it back changing nothing else."""
