"""Errors a person can act on: what was wrong, where, and what to do about it.

Each class carries the exit code of the command line, so that a caller (a shell, Airflow, a
scheduler) can tell a mistake in a source file from a run that refused to publish.
"""

from __future__ import annotations


class TaskWarehouseError(Exception):
    """Base of all errors of ours: ``what`` happened, ``where``, and the ``remedy``."""

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"  where: {self.where}")
        if self.remedy:
            parts.append(f"  what to do: {self.remedy}")
        return "\n".join(parts)


class UsageError(TaskWarehouseError):
    """The command was called with something it cannot take."""

    exit_code = 2


class SourceFileError(UsageError):
    """A source file is wrong; ``where`` names the file and line."""


class ContractError(UsageError):
    """A contract or another file of ``expectations/`` is wrong."""


class AuditError(TaskWarehouseError):
    """An invariant does not hold; nothing is published."""

    exit_code = 3


class NoDataError(TaskWarehouseError):
    """There is nothing to build for the as-of date."""

    exit_code = 4


class BusyError(TaskWarehouseError):
    """Another run holds the data root."""

    exit_code = 5


class StorageError(TaskWarehouseError):
    """The disk is full, read-only or gone."""

    exit_code = 6


class BuildError(TaskWarehouseError):
    """dbt did not finish, or a test of it failed; nothing is published."""

    exit_code = 7
