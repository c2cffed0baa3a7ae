"""Screening: many small edits share every call, and each call tells something about all of them. Pure functions."""
