"""How the connection to the source database is encrypted, and which certificates it trusts."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from biz_insights.aws import s3
from biz_insights.aws.session import session
from biz_insights.errors import PermanentError
from biz_insights.settings import VERIFYING_SSLMODES, Settings

RDS_BUNDLE = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
SYSTEM = "system"


@contextmanager
def tls_options(settings: Settings, host: str) -> Iterator[dict[str, Any]]:
    """Yield libpq's TLS options for a host. A file of certificates that they name exists inside the block only.

    A Unix socket (a host that begins with `/`) does not leave the machine: libpq does not encrypt it, and there is no
    certificate.

    Raises:
        PermanentError: there are no certificates to compare the server's with; the message says how to provide them.
    """
    if host.startswith("/"):
        yield {}
    elif settings.source_sslmode not in VERIFYING_SSLMODES:
        yield {"sslmode": settings.source_sslmode}
    else:
        with _bundle(settings) as path:
            yield {"sslmode": settings.source_sslmode, "sslrootcert": path}


def certificate_error(error: Exception, settings: Settings, host: str) -> PermanentError | None:
    """Return the permanent error for a connection that TLS refused, or None for any other failure."""
    message = " ".join(str(error).split())
    if "certificate" not in message and "does not support SSL" not in message:
        return None
    return PermanentError(
        f"the connection to the source database {host} is refused by source_sslmode={settings.source_sslmode}: "
        f"{message}; check that source_ca_bundle={settings.source_ca_bundle} holds the server's authority and that "
        "the secret's host is the instance's own name"
    )


@contextmanager
def _bundle(settings: Settings) -> Iterator[str]:
    """Yield the path of the trusted certificates."""
    place = settings.source_ca_bundle
    if place == SYSTEM:
        yield _system_bundle()
    elif place.startswith("/"):
        _require_certificates(place, Path(place).read_bytes() if Path(place).is_file() else None)
        yield place
    else:
        uri = place if place.startswith("s3://") else f"s3://{settings.artefacts_bucket}/{place}"
        content = _require_certificates(uri, _downloaded(settings, uri))
        # A folder of this connection's own: nobody else can read the file, or put another one in its place.
        with tempfile.TemporaryDirectory(prefix="source-ca-") as folder:
            path = Path(folder) / "bundle.pem"
            path.write_bytes(content)
            yield str(path)


def _downloaded(settings: Settings, uri: str) -> bytes | None:
    from botocore.exceptions import ClientError

    try:
        return s3.get_bytes(session(settings), uri)
    except ClientError as error:
        # Without the right to list the bucket, S3 answers AccessDenied for an object that is not there.
        if error.response["Error"]["Code"] in ("AccessDenied", "NoSuchBucket", "403", "404"):
            return None
        raise


def _require_certificates(place: str, content: bytes | None) -> bytes:
    if content is None:
        raise PermanentError(
            f"the certificates of source_ca_bundle are not at {place}, or may not be read there; put {RDS_BUNDLE} "
            "there, or set source_ca_bundle to where they are"
        )
    if b"-----BEGIN CERTIFICATE-----" not in content:
        raise PermanentError(f"source_ca_bundle {place} contains no certificate in PEM form; put {RDS_BUNDLE} there")
    return content


def _system_bundle() -> str:
    path = ssl.get_default_verify_paths().cafile
    if path is None:
        raise PermanentError(
            f"source_ca_bundle is {SYSTEM}, and this machine has no file of trusted certificates; put {RDS_BUNDLE} "
            "into the artefacts bucket, and set source_ca_bundle to its key"
        )
    return path
