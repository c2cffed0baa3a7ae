"""`promptci view`: a page on this machine over all runs and the committed history; nothing leaves it."""
