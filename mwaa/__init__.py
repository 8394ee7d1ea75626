"""What surrounds the pipeline: infrastructure, the laptop endpoint, MWAA start-up."""
