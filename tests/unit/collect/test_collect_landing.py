"""Landing: bytes by their hash, whole or not at all, once."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from task_warehouse import landing
from task_warehouse.errors import StorageError, UsageError
from task_warehouse.settings import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def everything(home: Home) -> list[Path]:
    return [path for path in home.landing.rglob("*") if path.is_file()]


@settings(max_examples=30, deadline=None)
@given(chunks=st.lists(st.binary(max_size=50), max_size=8))
def test_bytes_are_named_by_their_hash_and_come_back(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]
) -> None:
    home = Home(tmp_path_factory.mktemp("home"))
    whole = b"".join(chunks)
    sha256, size = landing.land(home, chunks)
    assert (sha256, size) == (hashlib.sha256(whole).hexdigest(), len(whole))
    path = landing.path_of(home, sha256)
    assert path == home.landing / sha256[:2] / sha256
    assert path.read_bytes() == whole
    assert everything(home) == [path]


def test_landing_again_changes_nothing(home: Home) -> None:
    sha256, _ = landing.land(home, [b"a"])
    before = landing.path_of(home, sha256).stat()
    landing.land(home, [b"a"])
    after = landing.path_of(home, sha256).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_what_is_landed_is_never_overwritten(home: Home) -> None:
    sha256, _ = landing.land(home, [b"a"])
    path = landing.path_of(home, sha256)
    path.chmod(0o644)
    path.write_bytes(b"damaged on the disk, for somebody to look at")
    landing.land(home, [b"a"])
    assert path.read_bytes().startswith(b"damaged")


def test_many_threads_landing_the_same_bytes(home: Home) -> None:
    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(lambda _: landing.land(home, [b"x" * 100_000]), range(48)))
    assert len(set(said)) == 1
    assert len(everything(home)) == 1


def test_too_much_leaves_nothing(home: Home) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"0" * 1_000

    with pytest.raises(landing.TooLargeError):
        landing.land(home, endless(), max_bytes=10_000)
    assert everything(home) == []


def test_a_source_that_breaks_off_leaves_nothing(home: Home) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        landing.land(home, breaks())
    assert everything(home) == []


def test_a_killed_run_leaves_no_half_delivery_and_is_swept(home: Home) -> None:
    code = f"""
        import os
        from pathlib import Path
        from task_warehouse import landing
        from task_warehouse.settings import Home

        def dies():
            yield b"half"
            os.kill(os.getpid(), 9)

        landing.land(Home(Path({str(home.root)!r})), dies())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert done.returncode == -9
    (left,) = everything(home)
    assert left.parent.name == landing.TEMPORARY
    now = left.stat().st_mtime + 100
    assert landing.sweep(home, older_than_seconds=1_000, now=now) == 0
    assert landing.sweep(home, older_than_seconds=50, now=now) == 1
    assert everything(home) == []


def test_a_disk_that_takes_no_more_is_a_storage_error(home: Home) -> None:
    """A real limit on the size of files, in a process of its own."""
    code = f"""
        import resource, signal
        from pathlib import Path
        from task_warehouse import landing
        from task_warehouse.errors import StorageError
        from task_warehouse.settings import Home

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            landing.land(Home(Path({str(home.root)!r})), [b"x" * 9_000] * 3)
        except StorageError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert "larger than this file system allows" in done.stdout
    assert "what to do: free space" in done.stdout
    assert everything(home) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_is_a_storage_error(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        home = Home(disk / "home")
        with pytest.raises(StorageError, match="the disk is full"):
            landing.land(home, [b"x" * 60_000] * 9)
        assert everything(home) == []
        landing.land(home, [b"still fits"])
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_file_where_the_landing_should_be(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(StorageError, match="a file stands where a folder should be"):
        landing.land(Home(tmp_path / "home"), [b"a"])


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "g" * 64, "0" * 63])
def test_only_a_hash_names_landed_bytes(home: Home, name: str) -> None:
    with pytest.raises(UsageError):
        landing.path_of(home, name)


def test_discarded_bytes_are_gone_and_may_be_discarded_again(home: Home) -> None:
    sha256, _ = landing.land(home, [b"a"])
    for _ in range(2):
        landing.discard(home, sha256)
    assert not landing.is_landed(home, sha256)
