"""Everything around the pipeline: the local endpoint, local runs, packages for a deployment, MWAA's start-up script."""
