"""The row checks among the kinds of defect: ``python -m task_warehouse.checking.kinds``.

The seed ``defect_kinds.csv`` names every kind of defect for the marts. Its lines for row checks
follow from the contracts; this writes them anew and leaves the others (``file.*``, ``transport.*``,
``delivery.*``) as they are.
"""

from __future__ import annotations

import csv
import io

from task_warehouse.contracts import DATASETS, Contracts, load_contracts
from task_warehouse.defect_kinds import seed_path

COLUMNS = (
    "defect",
    "severity",
    "responsibility",
    "title_vi",
    "title_en",
    "message_vi",
    "message_en",
)


def row_checks(contracts: Contracts) -> list[dict[str, str]]:
    """The lines of the row checks, in the order of datasets and contracts."""
    return [
        {
            "defect": rule.check_id,
            "severity": rule.severity,
            "responsibility": rule.responsibility,
            "title_vi": rule.title_vi.replace("{column}", ""),
            "title_en": rule.title_en.replace("{column}", ""),
            "message_vi": rule.message_vi,
            "message_en": rule.message_en,
        }
        for dataset in DATASETS
        for rule in contracts.by_dataset[dataset].rules
    ]


def with_row_checks(seed: str, contracts: Contracts) -> str:
    """The text of the seed with its row checks written anew, after all other lines.

    Other lines stay as they are, to the letter: no text of the seed spans lines.
    """
    kept = [line for line in seed.splitlines() if line.partition(".")[0] not in DATASETS]
    target = io.StringIO(newline="")
    csv.DictWriter(target, COLUMNS, lineterminator="\n").writerows(row_checks(contracts))
    return "\n".join(kept) + "\n" + target.getvalue()


def main() -> None:
    """Write the seed."""
    path = seed_path()
    seed = path.read_text(encoding="utf-8")
    path.write_text(with_row_checks(seed, load_contracts()), encoding="utf-8")


if __name__ == "__main__":
    main()
