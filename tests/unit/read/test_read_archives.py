"""Archives: what is opened, and what is refused before a byte of it is believed."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile

import pytest
from read_here import Read

from task_warehouse.reading.request import Limits

TABLE = "Mã nhiệm vụ;Hạn\nNV-1;31/12/2025\nNV-2;30/06/2025\n".encode()
ROWS = [["NV-1", "31/12/2025"], ["NV-2", "30/06/2025"]]


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def tarred(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (zipped(("nv.csv", TABLE)), "nv.zip"),
        (gzip.compress(TABLE), "nv.csv.gz"),
        (tarred(("nv.csv", TABLE)), "nv.tar"),
        (gzip.compress(tarred(("nv.csv", TABLE))), "nv.tar.gz"),
        (gzip.compress(tarred(("nv.csv", TABLE))), "nv.tgz"),
        (zipped(("nv.csv.gz", gzip.compress(TABLE))), "nv.zip"),
        (gzip.compress(TABLE), "nv.csv"),
    ],
    ids=["zip", "gzip", "tar", "tar.gz", "tgz", "gzip-in-zip", "gzip-named-csv"],
)
def test_packed_tables_are_read(read: Read, content: bytes, name: str) -> None:
    assert read(content, name).rows == ROWS


def test_members_are_parts_and_records_count_on(read: Read) -> None:
    content = zipped(("thang/a.csv", TABLE), ("b.csv", TABLE), ("__MACOSX/._a.csv", b"x"))
    reading = read(content, "nv.zip")
    assert [layout.part for layout in reading.layouts] == ["thang/a.csv", "b.csv"]
    assert [record["record"] for record in reading.records] == [1, 2, 3, 4]


def test_the_declared_members_are_read(read: Read) -> None:
    content = zipped(("huong_dan.pdf", b"%PDF-1.4"), ("nv_01.csv", TABLE))
    assert read(content, "nv.zip", member="nv_*.csv").rows == ROWS
    assert read(content, "nv.zip", member="ct_*.csv").refused == "file.member_missing"
    assert read(content, "nv.zip").refused == "file.not_what_it_says"


@pytest.mark.parametrize(
    "name",
    ["../x.csv", "a/../../x.csv", "/etc/passwd", "C:\\x.csv", "..\\..\\x.csv", "a/..\\..\\b"],
)
def test_a_member_that_leads_out_refuses_the_whole_delivery(read: Read, name: str) -> None:
    assert read(zipped(("good.csv", TABLE), (name, TABLE)), "nv.zip").refused == "file.archive_path"
    assert read(tarred(("good.csv", TABLE), (name, TABLE)), "nv.tar").refused == "file.archive_path"


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_are_refused(read: Read, kind: bytes) -> None:
    content = tarred(("x.csv", b""), kind=kind, link="/etc/passwd")
    assert read(content, "nv.tar").refused == "file.archive_path"


def test_a_link_in_a_zip_is_refused(read: Read) -> None:
    info = zipfile.ZipInfo("x.csv")
    info.external_attr = 0o120777 << 16
    assert read(zipped((info, b"/etc/passwd")), "nv.zip").refused == "file.archive_path"


def test_odd_names_are_only_metadata(read: Read) -> None:
    for name in ("x" * 300 + ".csv", "tên.csv", "te\u0302n.csv", "nv.csv."):
        assert read(zipped((name, TABLE)), "nv.zip").rows == ROWS


@pytest.mark.parametrize("pack", ["zip", "gzip", "tar.gz"])
def test_a_bomb_is_refused(read: Read, pack: str) -> None:
    zeros = b"0" * (40 << 20)
    packed = {
        "zip": lambda: zipped(("nv.csv", zeros)),
        "gzip": lambda: gzip.compress(zeros),
        "tar.gz": lambda: gzip.compress(tarred(("nv.csv", zeros))),
    }[pack]()
    assert len(packed) < 100_000
    assert read(packed, f"nv.{pack}").refused == "file.archive_bomb"


def test_a_forged_directory_size_does_not_help(read: Read) -> None:
    """The directory says ten bytes; the bytes are counted while they come out."""
    content = bytearray(zipped(("nv.csv", b"0" * (40 << 20))))
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 10)
    refused = read(bytes(content), "nv.zip").refused
    assert refused in {"file.archive_bomb", "file.archive_damaged"}


def test_total_bytes_and_members_are_limited(read: Read) -> None:
    import os

    noise = os.urandom(1 << 20)
    content = zipped(*[(f"{n}.csv", noise) for n in range(8)])
    small = Limits(archive_bytes=4 << 20)
    assert read(content, "nv.zip", limits=small, member="none*").refused == "file.member_missing"
    many = zipped(*[(f"{n}.csv", b"a,b\n1,2\n") for n in range(30)])
    assert read(many, "nv.zip", limits=Limits(archive_members=20)).refused == "file.archive_bomb"


def test_archives_within_archives_end_somewhere(read: Read) -> None:
    content = TABLE
    for _ in range(3):
        content = zipped(("inner.zip", content))
    assert read(content, "nv.zip").refused == "file.archive_nested"
    quine = gzip.compress(gzip.compress(gzip.compress(TABLE)))
    assert read(quine, "nv.gz").refused == "file.archive_nested"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_archive_is_refused(read: Read, share: float) -> None:
    table = b"a,b\n" + b"".join(b"%d,%d\n" % (n * 7919 % 10007, n) for n in range(5_000))
    for content, name in (
        (gzip.compress(table), "nv.csv.gz"),
        (zipped(("nv.csv", table)), "nv.zip"),
        (gzip.compress(tarred(("nv.csv", table))), "nv.tgz"),
    ):
        reading = read(content[: int(len(content) * share)], name)
        assert reading.refused == "file.archive_damaged", name


def test_an_encrypted_member_is_refused(read: Read) -> None:
    content = bytearray(zipped(("nv.csv", TABLE)))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    assert read(bytes(content), "nv.zip").refused == "file.encrypted"


def test_empty_archives_and_members_are_refused(read: Read) -> None:
    assert read(zipped(), "nv.zip").refused == "file.member_missing"
    assert read(zipped(("nv.csv", b"")), "nv.zip").refused == "file.empty"
    assert read(gzip.compress(b""), "nv.csv.gz").refused == "file.empty"
