"""The check of what was landed: read, map, validate, split into accepted rows and rejects.

``check_pending`` is the step. Nothing heavy is imported here: Great Expectations takes many
seconds, and is imported once a check, only when there is something to check.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from task_warehouse.settings import Home


@dataclass(frozen=True, slots=True)
class CheckSummary:
    """What one check did; ``batch`` is null when nothing was pending."""

    batch: str | None = None
    deliveries: int = 0
    refused: int = 0
    held: int = 0
    rows_received: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    rows_duplicate: int = 0
    rows_warned: int = 0
    rows_held: int = 0

    def counts(self) -> dict[str, int]:
        """The numbers by name."""
        return {name: value for name, value in asdict(self).items() if name != "batch"}


def check_pending(home: Home) -> CheckSummary:
    """Check every landed delivery that is not in the ledger, as one batch.

    Raises :class:`BusyError` when another check runs, :class:`AuditError` when a rule could not be
    evaluated or rows do not add up, :class:`ContractError` for a wrong file of ``expectations/``.
    """
    from task_warehouse.checking import step

    return step.check_pending(home)
