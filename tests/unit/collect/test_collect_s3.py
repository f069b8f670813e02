"""S3-compatible storage: a real server checks the signatures, a lying one ends in receipts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import boto3
import pytest
import requests
from collecting_bench import AS_OF, Bench
from misbehaving_server import (
    Behaviour,
    Handler,
    Server,
    cuts_the_body,
    drips,
    endless_body,
    gzip_bomb,
    hangs,
    hangs_up,
    in_turn,
    says,
)

from task_warehouse.transports.signing import Stored

BUCKET = "xuat-du-lieu"
POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)
STEPS_WITHOUT_LOGIN = 4


@dataclass
class Store:
    url: str
    key_id: str
    secret: str
    client: Any

    def put(self, key: str, body: bytes, **more: Any) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=body, **more)

    def clear(self) -> None:
        listed = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        for one in listed:
            self.client.delete_object(Bucket=BUCKET, Key=one["Key"])


@pytest.fixture(scope="module")
def process() -> Iterator[Store]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as child:
        try:
            yield _ready(f"http://127.0.0.1:{port}")
        finally:
            child.kill()


def _ready(url: str) -> Store:
    for _ in range(300):
        try:
            requests.get(f"{url}/moto-api/", timeout=30)
            break
        except requests.ConnectionError:
            time.sleep(0.1)
    requests.post(f"{url}/moto-api/reset-auth", data=str(STEPS_WITHOUT_LOGIN), timeout=5)

    def client(service: str, key_id: str = "x", secret: str = "x") -> Any:
        login = {"aws_access_key_id": key_id, "aws_secret_access_key": secret}
        return boto3.client(service, endpoint_url=url, region_name="us-east-1", **login)

    iam = client("iam")
    iam.create_user(UserName="kho")
    key = iam.create_access_key(UserName="kho")["AccessKey"]
    iam.put_user_policy(UserName="kho", PolicyName="tat-ca", PolicyDocument=POLICY)
    client("s3").create_bucket(Bucket=BUCKET)
    key_id, secret = key["AccessKeyId"], key["SecretAccessKey"]
    return Store(url, key_id, secret, client("s3", key_id, secret))


@pytest.fixture
def store(process: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    process.clear()
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_S3", f"{process.key_id}:{process.secret}")
    # What the machine knows about AWS is not ours to use.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "khong-phai-cua-ta")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "khong-phai-cua-ta")
    return process


def declare(bench: Bench, url: str, **more: Any) -> None:
    said = {"auth": {"kind": "access_key", "secret": "S3"}, **more}
    bench.declare(tasks=bench.s3(url, **said))


def test_objects_are_fetched_once_and_remembered(bench: Bench, store: Store) -> None:
    big = b"x\n" + b"2\n" * 400_000
    store.put("bo/g06/nhiệm vụ (1)+&=?#.csv", b"x\n1\n")
    store.put("bo/g06/b.csv", big)
    store.put("bo/g06/", b"")
    store.put("bo/g06/.ẩn.csv", b"x")
    store.put("bo/g06/c.csv.part", b"x")
    store.put("bo/g06/thang-6/d.csv", b"x")
    store.put("bo/g0600.csv", b"x")
    declare(bench, store.url, path="/bo/g06")
    first = bench.collect()
    assert [one["outcome"] for one in first] == ["landed", "landed"], first[0]["reason_en"]
    assert {bench.landed(one) for one in first} == {b"x\n1\n", big}
    assert first[0]["origin"] == f"{store.url}/{BUCKET}/bo/g06/b.csv"
    second = bench.collect(AS_OF + timedelta(days=1))
    assert [(one["outcome"], one["attempts"]) for one in second] == [("unchanged", 1)] * 2
    store.put("bo/g06/b.csv", b"x\n3\n")
    third = bench.collect(AS_OF + timedelta(days=2))
    assert [one["outcome"] for one in third] == ["landed", "unchanged"]
    assert bench.landed(third[0]) == b"x\n3\n"


def test_objects_below_are_taken_where_the_pattern_says_so(bench: Bench, store: Store) -> None:
    store.put("nhieu/z.csv", b"x\n1\n")
    store.put("nhieu/2025/tasks_20250701.csv", b"x\n2\n")
    store.put("nhieu/2025/tasks_20250702.csv", b"x\n3\n")
    declare(bench, store.url, path="nhieu")
    assert bench.collect_one()["original_name"] == "z.csv"
    rule = {"from_name": r"tasks_(?P<date>\d{8})"}
    declare(bench, store.url, path="nhieu", pattern="**/tasks_*.csv", business_date=rule)
    assert bench.collect_one()["original_name"] == "2025/tasks_20250701.csv"


def test_nothing_is_there(bench: Bench, store: Store) -> None:
    declare(bench, store.url, path="khong-co")
    assert bench.collect_one()["reason_code"] == "transport.nothing_there"
    declare(bench, store.url, bucket="khong-co-xo-nay")
    assert bench.collect_one()["outcome"] == "missing"


def test_a_connection_of_airflow_holds_both_halves(bench: Bench, store: Store) -> None:
    store.put("a.csv", b"x\n1\n")
    declare(bench, store.url)
    held = Stored(store.secret, store.key_id)
    assert bench.collect_one(look_up_secret=lambda _name: held)["outcome"] == "landed"


@pytest.mark.parametrize("which", ["secret", "key_id"])
def test_a_wrong_key_is_said_once(
    bench: Bench, store: Store, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    wrong = {"secret": f"{store.key_id}:sai", "key_id": f"AKIASAI:{store.secret}"}[which]
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_S3", wrong)
    store.put("a.csv", b"x\n1\n")
    declare(bench, store.url)
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("failed", "transport.unauthorised")
    assert receipt["attempts"] == 1
    assert store.secret not in str(receipt)


def test_an_object_packed_for_the_way_lands_unpacked_and_is_known(
    bench: Bench, store: Store
) -> None:
    import gzip

    store.put("a.csv", gzip.compress(b"x\n1\n"), ContentEncoding="gzip")
    declare(bench, store.url)
    first = bench.collect_one()
    assert bench.landed(first) == b"x\n1\n"
    assert bench.collect_one()["outcome"] == "unchanged"


# -- a store that lies ---------------------------------------------------------------------------


def listing(*objects: tuple[str, int, str], more: str | None = None, dtd: str = "") -> bytes:
    contents = "".join(
        f"<Contents><Key>{quote(key)}</Key><Size>{size}</Size><ETag>{tag}</ETag>"
        "<LastModified>2025-07-01T00:00:00.000Z</LastModified></Contents>"
        for key, size, tag in objects
    )
    on = f"<NextContinuationToken>{more}</NextContinuationToken>" if more else ""
    return (
        f'<?xml version="1.0"?>{dtd}<ListBucketResult '
        'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>'
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{on}{contents}</ListBucketResult>"
    ).encode()


def lies(bench: Bench, server: Server, listed: Behaviour, **more: Any) -> list[dict[str, Any]]:
    server.on(f"/{BUCKET}", listed)
    bench.declare(tasks=bench.s3(server.base, **more))
    return bench.collect()


def test_a_listing_of_many_pages(bench: Bench, server: Server) -> None:
    tokens = ["tiếp 0+1", "tiếp 1+1", "tiếp 2+1", None]
    pages = [listing((f"{n}.csv", 2, f'"{n}"'), more=token) for n, token in enumerate(tokens)]
    for number in range(4):
        server.on(f"/{BUCKET}/{number}.csv", says(b"%d\n" % number))
    found = lies(bench, server, in_turn(*(says(page) for page in pages)))
    assert [bench.landed(one) for one in found] == [b"0\n", b"1\n", b"2\n", b"3\n"]
    asked = [path for path, _ in server.requests if path.startswith(f"/{BUCKET}?")]
    assert [path.partition("continuation-token=")[2].partition("&")[0] for path in asked] == [
        "",
        *(quote(token, safe="") for token in tokens if token),
    ]


LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]>'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "transport.page_unreadable"),
        (b"<html>", "transport.page_unreadable"),
        (b"<Error><Code>SlowDown</Code></Error>", "transport.page_unreadable"),
        (listing(("a.csv", 3, "1"), dtd=LAUGHS), "transport.page_unreadable"),
        (
            listing(("a.csv", 3, "1"), more="x").replace(b"x</Next", b"</Next"),
            "transport.page_unreadable",
        ),
        (b"<ListBucketResult>" + b"<a>" * 100_000, "transport.page_unreadable"),
        (listing(more="the same"), "transport.paging_loop"),
    ],
)
def test_a_listing_that_is_none(bench: Bench, server: Server, body: bytes, code: str) -> None:
    (receipt,) = lies(bench, server, says(body, kind="application/xml"))
    assert (receipt["outcome"], receipt["reason_code"]) == ("refused", code)


def test_a_listing_without_end(bench: Bench, server: Server) -> None:
    count = iter(range(10**9))

    def behave(handler: Handler) -> None:
        number = next(count)
        handler.answer(listing((f"{number}.csv", 1, "1"), more=str(number)))

    (receipt,) = lies(bench, server, behave, limits={"max_files": 20})
    assert receipt["reason_code"] == "transport.too_many_files"
    (receipt,) = lies(bench, server, behave, limits={"max_pages": 20}, pattern="*.xml")
    assert receipt["reason_code"] == "transport.too_many_pages"


def test_keys_that_climb_out_are_refused(bench: Bench, server: Server) -> None:
    keys = ("in/../../out.csv", "in/./a.csv", "in//b.csv", "other.csv", "in/good.csv")
    server.on(f"/{BUCKET}/in/good.csv", says(b"x\n"))
    found = lies(
        bench,
        server,
        says(listing(*((key, 2, key) for key in keys))),
        path="in",
        pattern="**/*.csv",
    )
    assert sorted(str(one["reason_code"]) for one in found) == [
        "None",
        *["transport.outside_folder"] * 3,
    ]
    assert {path.partition("?")[0] for path, _ in server.requests} == {
        f"/{BUCKET}",
        f"/{BUCKET}/in/good.csv",
    }


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (hangs, "transport.time_out"),
        (hangs_up, "transport.connection"),
        (cuts_the_body, "transport.body_cut"),
        (drips(), "transport.deadline"),
        (endless_body, "transport.too_large"),
        (gzip_bomb, "transport.too_large"),
        (says(b"", status=503), "transport.server_error"),
        (says(b"", status=307, headers={"Location": "http://127.0.0.1:1/"}), "transport.redirect"),
        (says(b"", status=412), "transport.still_written"),
    ],
)
def test_an_object_that_cannot_be_had(
    bench: Bench, server: Server, behaviour: Behaviour, code: str
) -> None:
    server.on(f"/{BUCKET}/a.csv", behaviour)
    limits = {"max_bytes": 1_000_000, "deadline_seconds": 2, "read_seconds": 0.5, "retries": 1}
    (receipt,) = lies(bench, server, says(listing(("a.csv", 9, "1"))), limits=limits)
    assert receipt["reason_code"] == code
    assert bench.files() == []


def test_an_object_that_breaks_once_is_asked_for_again(bench: Bench, server: Server) -> None:
    server.on(f"/{BUCKET}/a.csv", in_turn(cuts_the_body, says(b"x\n")))
    (receipt,) = lies(bench, server, says(listing(("a.csv", 2, '"e"'))))
    assert (receipt["outcome"], receipt["attempts"]) == ("landed", 2)
    assert server.requests[-1][1]["If-Match"] == '"e"'


def test_the_key_goes_to_the_declared_host_only(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Server()
    try:
        monkeypatch.setenv("TASK_WAREHOUSE_SECRET_S3", "AKIA:bi-mat-khong-duoc-lo")
        moved = says(b"", status=301, headers={"Location": f"{other.base}/{BUCKET}"})
        auth = {"kind": "access_key", "secret": "S3"}
        (receipt,) = lies(bench, server, moved, auth=auth)
        assert (receipt["outcome"], receipt["reason_code"]) == ("refused", "transport.redirect")
        assert other.requests == []
        assert "AWS4-HMAC-SHA256" in server.requests[0][1]["Authorization"]
        assert "bi-mat-khong-duoc-lo" not in str(server.requests)
    finally:
        other.stop()


def test_nothing_is_asked_of_the_machine_it_runs_on(bench: Bench, server: Server) -> None:
    """No role of a virtual machine, no profile: without declared keys a request is unsigned."""
    assert "AWS_PROFILE" not in os.environ
    lies(bench, server, says(listing()))
    assert "Authorization" not in server.requests[0][1]
