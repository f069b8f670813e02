"""Deliveries that wait for a person, and what persons decided of them.

The check says *hold*; a person says *release* or *refuse*, once, with a note, for ever. Nothing is
derived again by a decision: rooms stay as the check left them, and who reads them reads them
through :func:`task_warehouse.holding.rooms.decided`, which lays the decisions over the ledger.
"""

from task_warehouse.holding.deciding import decide
from task_warehouse.holding.decisions import (
    Decision,
    decisions,
    moments_of_release,
    order_of,
)
from task_warehouse.holding.waiting import Held, held_deliveries

__all__ = [
    "Decision",
    "Held",
    "decide",
    "decisions",
    "held_deliveries",
    "moments_of_release",
    "order_of",
]
