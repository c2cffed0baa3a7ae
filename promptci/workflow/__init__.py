"""The stories, one file each: check, optimize, compare, ci, init, demo."""
