"""The publishable extract of a snapshot: aggregates that answer public questions, and no more.

``open_data/`` holds a CSV file a table (UTF-8, RFC 4180), a Frictionless Data Package
(``datapackage.json``), CSVW metadata (``csv-metadata.json``) and a page to read first. No text of a
task, report, finding or refused row can get in: each table names its columns one by one.
"""

from __future__ import annotations

from task_warehouse.open_data.writing import write

__all__ = ["write"]
