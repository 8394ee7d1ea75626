"""The local endpoint: S3, Glue, Athena, RDS and other AWS services on 127.0.0.1, for development and tests only.

Unmodified AWS clients find it through environment variables (`LocalEndpoint.environment`). It runs what it accepts
(PySpark, SQL, exports) and refuses what it cannot run. README.md in this folder says how to use and extend it.
"""

import os

# pyarrow 25's own memory allocator crashes the process when a short-lived thread is the first to use it
# (apache/arrow issue 50471); the system's allocator does not. Arrow reads this when it first allocates memory.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
