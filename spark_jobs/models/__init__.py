"""Customer models on numpy arrays: who will come back, how often, at what value, and how well that was known before."""
