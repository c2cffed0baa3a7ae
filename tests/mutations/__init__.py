"""Mistakes planted in the deciding rooms, one at a time: each must be caught by the tests of its room."""
