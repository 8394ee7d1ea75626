"""S3 answers only to the key of its state; what an accepted client sends is stored byte for byte."""

from __future__ import annotations

import base64
import http.client
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from mwaa.local_aws.server.endpoint import LocalEndpoint

BUCKET = "business-insights-lake"
CONTENT = b"a,b\r\n1,2\r\n" * 20_000


def client(endpoint: LocalEndpoint, access_key: str, secret_key: str, **options: Any) -> Any:
    session = boto3.Session(access_key, secret_key, region_name="us-east-1")
    return session.client("s3", endpoint_url=endpoint.environment["AWS_ENDPOINT_URL_S3"], **options)


def keys(endpoint: LocalEndpoint) -> tuple[str, str]:
    return endpoint.environment["AWS_ACCESS_KEY_ID"], endpoint.environment["AWS_SECRET_ACCESS_KEY"]


@pytest.mark.parametrize(
    ("access_key", "secret_key", "code"),
    [
        ("local-access-key", "local-secret-key", "InvalidAccessKeyId"),
        ("", "guessed", "SignatureDoesNotMatch"),
    ],
)
def test_another_key_is_refused(endpoint: LocalEndpoint, access_key: str, secret_key: str, code: str) -> None:
    stranger = client(endpoint, access_key or keys(endpoint)[0], secret_key)
    for call in (stranger.list_buckets, lambda: stranger.put_object(Bucket=BUCKET, Key="planted", Body=b"x")):
        with pytest.raises(ClientError, match=code):
            call()


def test_a_request_without_a_signature_is_refused(endpoint: LocalEndpoint) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{endpoint.environment['AWS_ENDPOINT_URL_S3']}/{BUCKET}?list-type=2")
    assert refused.value.code == 403


def test_the_keys_are_the_state_s_own(endpoint: LocalEndpoint) -> None:
    assert endpoint.layout.keys.stat().st_mode & 0o777 == 0o600
    assert endpoint.layout.ready_file.stat().st_mode & 0o777 == 0o600
    assert all(key in endpoint.layout.keys.read_text() for key in keys(endpoint))


@pytest.mark.parametrize("key", ["plain", "day=2024-01-01/a b", "50%25/100%", "naïve/ü+ß~(1)"])
def test_any_key_can_be_written_read_and_listed(aws: Callable[[str], Any], key: str) -> None:
    s3, name = aws("s3"), f"signed/{key}"
    s3.put_object(Bucket=BUCKET, Key=name, Body=CONTENT)
    assert s3.get_object(Bucket=BUCKET, Key=name)["Body"].read() == CONTENT
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET, Prefix=name)["Contents"]] == [name]
    s3.delete_object(Bucket=BUCKET, Key=name)


def test_a_presigned_url_works_until_it_is_changed(endpoint: LocalEndpoint) -> None:
    s3 = client(endpoint, *keys(endpoint), config=Config(signature_version="s3v4"))
    s3.put_object(Bucket=BUCKET, Key="signed/shared", Body=b"shared")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "signed/shared"})
    assert urllib.request.urlopen(url).read() == b"shared"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url.replace("signed/shared", "signed/other"))
    assert refused.value.code == 403


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256"])
def test_an_upload_with_a_checksum_is_stored_as_it_is(aws: Callable[[str], Any], algorithm: str) -> None:
    target = {"Bucket": BUCKET, "Key": f"signed/{algorithm}"}
    aws("s3").put_object(**target, Body=CONTENT, ChecksumAlgorithm=algorithm)
    assert aws("s3").get_object(**target)["Body"].read() == CONTENT


def chunked(content: bytes, trailer: str) -> bytes:
    parts = [content[start : start + 65_536] for start in range(0, len(content), 65_536)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return framed + b"0\r\n" + trailer.encode() + b"\r\n\r\n"


def put_chunked(endpoint: LocalEndpoint, key: str, trailer: str) -> int:
    """Send what SDKs send over TLS: chunks, then a checksum. boto3 does so over https only."""
    body = chunked(CONTENT, trailer)
    host = endpoint.environment["AWS_ENDPOINT_URL_S3"].removeprefix("http://")
    headers = {
        "Content-Encoding": "aws-chunked",
        "X-Amz-Decoded-Content-Length": str(len(CONTENT)),
        "X-Amz-Trailer": "x-amz-checksum-crc32",
    }
    request = AWSRequest("PUT", f"http://{host}/{BUCKET}/{key}", headers=headers, data=body)
    request.context["checksum"] = {"request_algorithm": {"in": "trailer", "algorithm": "crc32"}}
    S3SigV4Auth(Credentials(*keys(endpoint)), "s3", "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection(host)
    connection.request("PUT", f"/{BUCKET}/{key}", body, dict(request.headers))
    return connection.getresponse().status


def test_chunks_with_a_checksum_after_them_are_stored_without_their_framing(
    endpoint: LocalEndpoint, aws: Callable[[str], Any]
) -> None:
    checksum = base64.b64encode(zlib.crc32(CONTENT).to_bytes(4, "big")).decode()
    assert put_chunked(endpoint, "signed/chunked", f"x-amz-checksum-crc32:{checksum}") == 200
    found = aws("s3").get_object(Bucket=BUCKET, Key="signed/chunked")
    assert found["Body"].read() == CONTENT
    assert "aws-chunked" not in found.get("ContentEncoding", "")


def test_chunks_that_do_not_match_their_checksum_are_refused(
    endpoint: LocalEndpoint, aws: Callable[[str], Any]
) -> None:
    assert put_chunked(endpoint, "signed/broken", "x-amz-checksum-crc32:AAAAAA==") == 400
    with pytest.raises(ClientError, match="NoSuchKey"):
        aws("s3").get_object(Bucket=BUCKET, Key="signed/broken")
