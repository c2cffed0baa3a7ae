"""Tests of the room where changes are proposed."""
