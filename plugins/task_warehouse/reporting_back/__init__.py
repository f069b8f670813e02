"""Report back: each source gets its refused and warned rows, with the reason and what to do.

After a morning is published, every source that owed or sent something has, for each business date,
an Excel workbook, a JSON file and a one-line receipt under ``reports/<source>/``. They are put
where the source can fetch them, as its file says under ``report_back:``.
"""

from task_warehouse.reporting_back.step import Summary, report_back

__all__ = ["Summary", "report_back"]
