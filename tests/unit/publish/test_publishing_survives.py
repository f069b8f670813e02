"""A full disk, a read-only disk, a killed publisher, readers at work: ``current`` stays whole."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from publish_marts import publish_small, write_build
from publish_worker import problems_of

from task_warehouse import publishing
from task_warehouse.errors import StorageError
from task_warehouse.settings import Home

WORKER = Path(__file__).with_name("publish_worker.py")


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WORKER), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 32 MB mounted where snapshots go."""
    place = tmp_path / "published"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "small", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can only be mounted by root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("room_kb", [0, 40, 700, 3000, 7000, 9000])
def test_a_full_disk_leaves_the_last_morning_and_says_what_to_do(
    tmp_path: Path, small_disk: Path, room_kb: int
) -> None:
    home = Home(tmp_path)
    write_build(home, per_body=2)
    first = publish_small(home)
    free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
    filler = small_disk / "filler"
    filler.write_bytes(b"0" * max(0, free - room_kb * 1024))
    write_build(home, per_body=600)
    with pytest.raises(StorageError, match="No space left") as refused:
        publish_small(home, inputs="inputs-2")
    assert "free space" in str(refused.value)
    assert str(home.published) in str(refused.value)
    manifest = publishing.current(home)
    assert manifest is not None
    assert manifest.path == first
    assert problems_of(manifest) == []
    assert not list(small_disk.glob(".tmp-*"))
    filler.unlink()
    write_build(home, per_body=3)
    assert publish_small(home, inputs="inputs-3") != first


def test_a_read_only_disk_is_said(tmp_path: Path, small_disk: Path) -> None:
    home = Home(tmp_path)
    write_build(home, per_body=2)
    first = publish_small(home)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StorageError, match="Read-only file system") as refused:
        publish_small(home, inputs="inputs-2")
    assert "mount it writable" in str(refused.value)
    assert (home.published / "current").resolve() == first


def test_a_limit_on_file_size_is_said(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_build(home, per_body=2)
    first = publish_small(home)
    write_build(home, per_body=100)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    try:
        with pytest.raises(StorageError, match="File too large"):
            publish_small(home, inputs="inputs-2")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert (home.published / "current").resolve() == first


def test_readers_see_only_whole_mornings_while_fifteen_are_published(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_build(home)
    publish_small(home)
    reader = start("read", str(tmp_path))
    publisher = start("publish", str(tmp_path), "15")
    assert publisher.wait(timeout=400) == 0, publisher.stderr and publisher.stderr.read()
    said, errors = reader.communicate(timeout=200)
    seen = json.loads(said or "null")
    assert seen["problems"] == [], errors
    assert seen["reads"] >= 15
    assert seen["seen"] >= 5


# Files the publisher has written aside when it is killed: at once, among the Parquet files,
# before the manifest, among the pages; None is right after the switch to a new snapshot.
STAGES = (0, 1, 8, 14, 25, None)


def wait_for_stage(home: Home, files: int | None) -> None:
    """Return as soon as the publisher is that far; it publishes on and on meanwhile."""
    link = home.published / "current"
    before = link.readlink()
    while True:
        asides = [path for path in home.published.glob(".tmp-*-*") if path.is_dir()]
        if files is None and link.readlink() != before:
            return
        if files is not None and asides:
            with suppress(FileNotFoundError):
                if sum(path.is_file() for path in asides[0].rglob("*")) >= files:
                    return


def test_a_publisher_killed_at_any_moment_leaves_a_whole_morning(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_build(home)
    publish_small(home)
    reader = start("read", str(tmp_path))
    killed_while_writing = 0
    for files in STAGES:
        publisher = start("publish", str(tmp_path), "50", f"stage {files}")
        assert publisher.stdout is not None
        assert publisher.stdout.readline() == "0\n", publisher.stderr and publisher.stderr.read()
        wait_for_stage(home, files)
        publisher.kill()
        publisher.wait()
        killed_while_writing += any(home.published.glob(".tmp-*"))
        manifest = publishing.current(home)
        assert manifest is not None
        assert problems_of(manifest) == []
    said, errors = reader.communicate(timeout=200)
    seen = json.loads(said or "null")
    assert seen["problems"] == [], errors
    assert seen["seen"] >= 2
    assert killed_while_writing >= 3
    write_build(home, per_body=2)
    publish_small(home, inputs="after all")
    assert not list(home.published.glob(".tmp-*"))
