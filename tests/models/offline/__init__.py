"""The offline model: skills, readings, clarity, candidates, grades, likelihoods and its server."""
