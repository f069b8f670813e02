from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from task_warehouse.errors import StorageError
from task_warehouse.storage import beside, our_storage, written_whole


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_errors_of_our_disk_say_what_to_do(tmp_path: Path, number: int) -> None:
    with pytest.raises(StorageError) as caught, our_storage(tmp_path):
        raise OSError(number, os.strerror(number))
    assert caught.value.remedy
    assert caught.value.where == str(tmp_path)
    assert caught.value.exit_code == 6


def test_an_error_that_is_not_of_the_disk_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), our_storage(tmp_path):
        (tmp_path / "nowhere").read_bytes()


def write_half(path: Path) -> None:
    path.write_text("sec")
    raise OSError("only half")


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_written_whole_or_stays_as_it_was(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "new" / "file.json"
    with written_whole(path, durable=durable) as aside:
        aside.write_text("first")
        assert not path.exists()
    with pytest.raises(OSError, match="half"), written_whole(path, durable=durable) as aside:
        write_half(aside)
    assert path.read_text() == "first"
    assert [each.name for each in path.parent.iterdir()] == ["file.json"]


def test_no_readers_pattern_takes_what_is_not_whole(tmp_path: Path) -> None:
    with beside(tmp_path / "rows.parquet") as aside:
        aside.write_text("half")
        assert not list(tmp_path.glob("*.parquet"))


def test_threads_that_write_one_file_at_once_do_not_mix(tmp_path: Path) -> None:
    path, together = tmp_path / "file.txt", threading.Barrier(8)
    texts = [letter * 10_000 for letter in "abcdefgh"]

    def write(text: str) -> None:
        with written_whole(path, durable=False) as aside:
            together.wait(timeout=10)
            aside.write_text(text)

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in texts
    assert [each.name for each in tmp_path.iterdir()] == ["file.txt"]
