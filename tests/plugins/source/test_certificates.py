"""The connection to the source database proves which server it reached: with real TLS, libpq and PostgreSQL."""

from __future__ import annotations

import dataclasses
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from biz_insights.errors import PermanentError
from biz_insights.settings import Settings, SettingsError, resolve
from biz_insights.source import certificates
from biz_insights.source.certificates import tls_options
from biz_insights.source.database import connect
from tests.plugins.source.tls_server import Authority, tls_server

SECRET = "business-insights/source-database"
Serve = Callable[[Path | None], Settings]


@pytest.fixture
def authority() -> Authority:
    return Authority("Test Authority")


@pytest.fixture
def serve(aws: Callable[[str], Any], authority: Authority, tmp_path: Path) -> Iterator[Serve]:
    """Starts a server with a certificate, and returns settings whose secret leads to it; the authority is trusted."""
    secret = json.loads(aws("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"])
    unix_socket = f"{secret['host']}/.s.PGSQL.{secret['port']}"
    bundle = tmp_path / "trusted.pem"
    bundle.write_bytes(authority.pem)
    created = []
    with ExitStack() as stack:

        def started(certificate: Path | None) -> Settings:
            port = stack.enter_context(tls_server(certificate, unix_socket))
            name = f"tls-{port}"
            document = json.dumps({**secret, "host": "localhost", "port": port})
            aws("secretsmanager").create_secret(Name=name, SecretString=document)
            created.append(name)
            return dataclasses.replace(resolve(os.environ), source_secret=name, source_ca_bundle=str(bundle))

        yield started
    for name in created:
        aws("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def read(settings: Settings) -> int:
    with connect(settings) as connection:
        row = connection.execute("SELECT 42").fetchone()
        assert connection.info.host == "localhost" and connection.pgconn.ssl_in_use
        return int(row[0])


def test_verifying_is_the_default() -> None:
    assert Settings().source_sslmode == "verify-full"
    assert Settings().source_ca_bundle == "certificates/rds-global-bundle.pem"


def test_the_server_that_the_secret_names_is_reached(serve: Serve, authority: Authority, tmp_path: Path) -> None:
    assert read(serve(authority.issue("localhost", tmp_path))) == 42


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
def test_a_server_of_another_authority_is_refused(serve: Serve, tmp_path: Path, mode: str) -> None:
    settings = serve(Authority("Somebody else").issue("localhost", tmp_path))
    with pytest.raises(PermanentError, match=f"refused by source_sslmode={mode}: .*certificate verify failed.*check"):
        read(dataclasses.replace(settings, source_sslmode=mode))


def test_a_server_with_the_certificate_of_another_host_is_refused(
    serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    settings = serve(authority.issue("other.example", tmp_path))
    with pytest.raises(PermanentError, match=r'does not match host name "localhost"; check that source_ca_bundle='):
        read(settings)
    assert read(dataclasses.replace(settings, source_sslmode="verify-ca")) == 42


def test_a_server_without_tls_is_refused(serve: Serve) -> None:
    with pytest.raises(PermanentError, match="server does not support SSL"):
        read(serve(None))


def test_the_default_bundle_comes_from_the_artefacts_bucket(
    serve: Serve, authority: Authority, tmp_path: Path, aws: Callable[[str], Any]
) -> None:
    trusting = dataclasses.replace(
        serve(authority.issue("localhost", tmp_path)), source_ca_bundle="certificates/test-bundle.pem"
    )
    with pytest.raises(PermanentError, match=r"not at s3://business-insights-artefacts/certificates/test-bundle\.pem"):
        read(trusting)
    where = {"Bucket": trusting.artefacts_bucket, "Key": trusting.source_ca_bundle}
    aws("s3").put_object(**where, Body=authority.pem)
    try:
        assert read(trusting) == 42
        assert read(dataclasses.replace(trusting, source_ca_bundle="s3://{Bucket}/{Key}".format(**where))) == 42
        with tls_options(trusting, "db.example") as options:
            bundle = Path(options["sslrootcert"])
            assert bundle.read_bytes() == authority.pem
            assert stat.S_IMODE(bundle.parent.stat().st_mode) == 0o700
        assert not bundle.parent.exists()
    finally:
        aws("s3").delete_object(**where)


def test_a_file_without_a_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.pem").write_text("<html>not found</html>")
    settings = Settings(source_ca_bundle=str(tmp_path / "page.pem"))
    with pytest.raises(PermanentError, match="contains no certificate in PEM form"), tls_options(settings, "db"):
        pass


def test_a_missing_path_says_what_to_put_there(tmp_path: Path) -> None:
    settings = Settings(source_ca_bundle=str(tmp_path / "none.pem"))
    with pytest.raises(PermanentError, match=r"put https://truststore\.pki\.rds.*there"), tls_options(settings, "db"):
        pass


def test_the_machine_s_certificates_can_be_trusted_instead(
    serve: Serve, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = dataclasses.replace(serve(authority.issue("localhost", tmp_path)), source_ca_bundle="system")
    monkeypatch.setattr(certificates, "_system_bundle", lambda: str(tmp_path / "trusted.pem"))
    assert read(settings) == 42


def test_a_unix_socket_needs_no_certificate() -> None:
    with tls_options(Settings(source_ca_bundle="/nowhere.pem"), "/run/postgresql") as options:
        assert options == {}


def test_a_database_that_does_not_answer_is_retried(serve: Serve, aws: Callable[[str], Any]) -> None:
    """It is no permanent error: the instance may be restarting."""
    settings = serve(None)
    secret = json.loads(aws("secretsmanager").get_secret_value(SecretId=settings.source_secret)["SecretString"])
    aws("secretsmanager").put_secret_value(
        SecretId=settings.source_secret, SecretString=json.dumps({**secret, "port": 9})
    )
    with pytest.raises(psycopg.OperationalError, match="refused"):
        read(settings)


@pytest.mark.parametrize("mode", ["disable", "prefer", "verify_full"])
def test_a_mode_that_may_send_passwords_in_clear_is_refused(mode: str) -> None:
    with pytest.raises(SettingsError, match=f"setting source_sslmode: '{mode}' is not known; use verify-full"):
        resolve({"BIZ_INSIGHTS_SOURCE_SSLMODE": mode})
