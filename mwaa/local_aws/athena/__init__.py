"""Athena: moto's Athena API, with DuckDB running the SQL over the tables of the Glue catalog.

`install(s3_root)` starts the engine of this process; the S3 objects are files below `s3_root`
(`<s3_root>/<bucket>/<key>`). `uninstall()` stops it.
"""

from __future__ import annotations

from pathlib import Path


def install(s3_root: Path, scan_cache: Path | None = None) -> None:
    """Run Athena queries over the buckets below `s3_root` from now on. It can be called again with another root.

    `scan_cache` is the engine's cache file, which may be lost; without one the cache is in memory.
    """
    from moto.athena.models import athena_backends

    from mwaa.local_aws.athena import athena_backend
    from mwaa.local_aws.athena.engine import Engine
    from mwaa.local_aws.services.moto_internals import use_backend_class

    uninstall()
    athena_backend.use_engine(Engine(Path(s3_root), scan_cache))
    use_backend_class(athena_backends, athena_backend.LocalAthenaBackend)


def uninstall() -> None:
    """Stop the engine, after the queries that are running have ended."""
    from mwaa.local_aws.athena import athena_backend

    try:
        running = athena_backend.engine()
    except RuntimeError:
        return
    athena_backend.use_engine(None)
    running.close()
