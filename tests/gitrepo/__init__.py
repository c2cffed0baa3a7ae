"""Tests of the room that knows git, on real repositories."""
