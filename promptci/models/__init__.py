"""Models behind one door: cache, budget, rate limit, retry, client."""
