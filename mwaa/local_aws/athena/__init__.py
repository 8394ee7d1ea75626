"""Athena on a laptop: moto's Athena API with DuckDB running the SQL over the Glue catalog's tables.

`install(s3_root)` makes every moto server of this process answer Athena's calls by executing them; the S3 objects
are files below `s3_root` (`<s3_root>/<bucket>/<key>`). `uninstall()` ends the engine.
"""

from __future__ import annotations

from pathlib import Path


def install(s3_root: Path, kept: Path | None = None) -> None:
    """Execute Athena queries over the buckets below `s3_root`. May be called again with another root.

    `kept` is a file for what the engine keeps between starts, which may be lost.
    """
    from moto.athena import responses, urls

    from mwaa.local_aws.athena import athena_backend
    from mwaa.local_aws.athena.athena_api import LocalAthenaResponse
    from mwaa.local_aws.athena.engine import Engine

    uninstall()
    athena_backend.use_engine(Engine(Path(s3_root), kept))
    athena_backend.patch_moto()
    responses.AthenaResponse = LocalAthenaResponse  # type: ignore[misc]
    urls.url_paths = {"{0}/$": LocalAthenaResponse.dispatch}


def uninstall() -> None:
    """Stop the engine; queries that run are finished first."""
    from mwaa.local_aws.athena import athena_backend

    try:
        running = athena_backend.engine()
    except RuntimeError:
        return
    athena_backend.use_engine(None)
    running.close()
