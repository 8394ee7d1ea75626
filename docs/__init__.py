"""Documentation, and the generator of the parts of it that the code already says: `python -m docs.build`."""
