"""General knowledge of the offline model, as plain tables; written by hand, taken from no eval set."""
