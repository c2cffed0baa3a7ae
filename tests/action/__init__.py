"""Tests of action.yml and of this project's own workflow."""
