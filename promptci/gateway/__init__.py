"""A local server that programs call in the place of a model's: our cache, budget, rate and retry for their calls."""
