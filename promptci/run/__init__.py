"""One run: its options, its door to the models, asking, and the values that come back."""
