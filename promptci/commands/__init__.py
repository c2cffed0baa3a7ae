"""The stories, one file each: check, optimize, ci, compare, power, init, demo, and what is kept."""
