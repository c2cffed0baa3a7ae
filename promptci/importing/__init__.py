"""Set-ups of other tools as ours: one file a source. Pure functions: files are read by what they are handed."""
