"""A package of somebody else, built and installed: what it adds is used like what is built in."""
