"""The services that only store records: what they are given can be read and used."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def test_secrets_parameters_and_keys_return_what_they_are_given(aws: Callable[[str], Any]) -> None:
    aws("ssm").put_parameter(Name="/tests/gate", Value="80", Type="String")
    assert aws("ssm").get_parameter(Name="/tests/gate")["Parameter"]["Value"] == "80"
    secret = json.loads(
        aws("secretsmanager").get_secret_value(SecretId="business-insights/source-database")["SecretString"]
    )
    assert set(secret) == {"engine", "host", "port", "username", "password", "dbname"}
    assert len(secret["password"]) >= 24
    kms = aws("kms")
    sealed = kms.encrypt(KeyId="alias/business-insights", Plaintext=b"hello")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"hello"
