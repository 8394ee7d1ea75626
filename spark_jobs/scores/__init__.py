"""What the job customer_scores does between reading and writing: statistics, back-tests, scores, the registry's rows."""
