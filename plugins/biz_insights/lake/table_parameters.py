"""Parameters that published tables carry in the Glue catalog: what they were built from."""

from __future__ import annotations

CURRENT_BATCH = "current_batch"
"""On bronze tables and `row_ledger`: the id of the batch that was published last. Silver is built from it."""

CURRENT_RUN = "current_run"
"""On bronze tables: the JobRunId that built the current batch."""

SNAPSHOT_AT = "snapshot_at"
"""On `silver_order_items`: when the snapshot was taken that the rows are from, ISO, UTC."""

INPUT_FINGERPRINT = "input_fingerprint"
"""On `silver_order_items`: a digest of the batch, the code and the settings it was built from."""

HELD = "held"
"""On a table that was rolled back: the hold, as JSON (`lake.holds`)."""
