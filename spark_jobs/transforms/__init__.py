"""Functions from DataFrame to DataFrame, without I/O; one subject a module."""
