"""The laptop endpoint: S3, Glue, Athena, RDS and their neighbours answering over HTTP on loopback.

Unmodified AWS clients reach it through the environment variables of `LocalEndpoint.environment`.
It really runs what it accepts (PySpark, SQL, exports) and refuses what it cannot run. Development only.
"""

import os

# pyarrow 25's bundled allocator crashes the process when a short-lived thread is the first to use it
# (apache/arrow issue 50471); the system's allocator does not. Read when Arrow allocates for the first time.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
