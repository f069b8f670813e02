"""The default sample on two mornings, and a small one; written once for all tests here."""

from __future__ import annotations

import pytest
from written_sample import AS_OF, NEXT_DAY, Written, write


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The default sample of the demonstration morning."""
    return write(tmp_path_factory.mktemp("sample") / "today", AS_OF)


@pytest.fixture(scope="session")
def next_day(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The same world a morning later."""
    return write(tmp_path_factory.mktemp("sample") / "tomorrow", NEXT_DAY)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A sample small enough to be written again and again."""
    return write(tmp_path_factory.mktemp("sample") / "small", AS_OF, tasks=300, direct_communes=6)
