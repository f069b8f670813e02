"""HTTPS: always verified; an authority of one's own is declared, never switched off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from certificates import Authority
from collecting_bench import Bench
from misbehaving_server import Server, says

from task_warehouse.errors import SourceFileError


@pytest.fixture
def authority(bench: Bench) -> Authority:
    return Authority(bench.sources)


def serve(server: Server, authority: Authority, **how: Any) -> str:
    context = authority.server(**how)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    server.on("/tasks", says([1]))
    return f"https://127.0.0.1:{server.server_port}/tasks"


def test_a_certificate_nobody_vouches_for_is_not_believed(
    bench: Bench, server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nor do other programs' settings switch trust on.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_G06", "the-bi-mat")
    url = serve(server, authority)
    bench.declare(tasks=bench.http(url, auth={"kind": "bearer", "secret": "G06"}))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("failed", "transport.certificate")
    assert server.requests == []


def test_an_authority_declared_beside_the_source_file(
    bench: Bench, server: Server, authority: Authority
) -> None:
    url = serve(server, authority)
    bench.declare(tasks=bench.http(url, ca_bundle=authority.bundle.name))
    assert bench.collect_one()["outcome"] == "landed"


def test_an_authority_of_the_whole_installation(
    bench: Bench, server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_CA_BUNDLE", str(authority.bundle))
    bench.declare(tasks=bench.http(serve(server, authority)))
    assert bench.collect_one()["outcome"] == "landed"


@pytest.mark.parametrize("how", [{"address": "127.0.0.2"}, {"days": -1}])
def test_a_wrong_name_or_an_old_certificate_is_not_believed(
    bench: Bench, server: Server, authority: Authority, how: dict[str, Any]
) -> None:
    url = serve(server, authority, **how)
    bench.declare(tasks=bench.http(url, ca_bundle=authority.bundle.name))
    assert bench.collect_one()["reason_code"] == "transport.certificate"


def test_another_authority_is_not_believed(
    bench: Bench, server: Server, authority: Authority
) -> None:
    url = serve(server, authority)
    other = Authority(bench.sources, "CA khác")
    bench.declare(tasks=bench.http(url, ca_bundle=other.bundle.name))
    assert bench.collect_one()["reason_code"] == "transport.certificate"


def test_an_authority_of_one_source_is_none_of_another(
    bench: Bench, server: Server, authority: Authority
) -> None:
    url = serve(server, authority)
    bench.declare(tasks=bench.http(url, ca_bundle=authority.bundle.name))
    bench.declare("tinh-01", organisation="01", tasks=bench.http(url))
    said = {one["source"]: one["reason_code"] for one in bench.collect()}
    assert said == {"bo-g06": None, "tinh-01": "transport.certificate"}


def test_a_bundle_that_holds_no_certificate_is_our_fault(
    bench: Bench, server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = serve(server, authority)
    (bench.sources / "hong.pem").write_text("không phải chứng thư")
    bench.declare(tasks=bench.http(url, ca_bundle="hong.pem"))
    assert bench.collect_one()["reason_code"] == "transport.ca_unusable"
    bench.declare(tasks=bench.http(url))
    monkeypatch.setenv("TASK_WAREHOUSE_CA_BUNDLE", "/khong/co.pem")
    assert bench.collect_one()["reason_code"] == "transport.ca_unusable"


def test_verification_cannot_be_switched_off(bench: Bench) -> None:
    bench.declare(tasks=bench.http("https://example.gov.vn/", verify=False))
    with pytest.raises(SourceFileError, match=r"tasks\.verify' is not known"):
        bench.collect()


def test_a_bucket_behind_an_authority_of_its_own(
    bench: Bench, server: Server, authority: Authority
) -> None:
    serve(server, authority)
    empty = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    server.on("/kho", says(empty, kind="application/xml"))
    url = f"https://127.0.0.1:{server.server_port}"
    bench.declare(tasks=bench.s3(url, "kho", ca_bundle=Path(authority.bundle).name))
    assert bench.collect_one()["reason_code"] == "transport.nothing_there"
