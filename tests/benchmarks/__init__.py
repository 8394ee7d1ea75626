"""`make bench`: seconds and memory of the pipeline by stage, beside the same work as plain DuckDB SQL."""
