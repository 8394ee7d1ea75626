"""What customer_scores does between reading and writing: estimates, back-tests, scores, the registry's rows."""
