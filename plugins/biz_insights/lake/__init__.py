"""The lake: builds that nobody reads yet, the catalog that everybody reads, and the step between them."""
