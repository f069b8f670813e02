"""What people are told of a published morning: the daily brief, a body's tasks, what failed.

Made from the published snapshot alone, after publishing, and only where a file says who is told.
"""

from __future__ import annotations

from task_warehouse.notifying.step import Summary, notify, preview

__all__ = ["Summary", "notify", "preview"]
