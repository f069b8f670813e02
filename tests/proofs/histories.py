"""``python -m tests.proofs.histories``: day by day = in one go = replayed from the middle.

More days and sources than the test of the same name, with a round replayed by stricter rules and
a past morning rebuilt in between; every second history begins before the mergers of 1 July 2025.
Slow on purpose (half an hour). Exit code 0 when all ways gave the same rows.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from task_warehouse import building
from tests.warehouse.histories import (
    AUTUMN,
    BEFORE_THE_MERGERS,
    Sent,
    Written,
    draw_histories,
)
from tests.warehouse.test_histories import build, differences, rows_of


def compare(said: str, one: dict[str, list[str]], other: dict[str, list[str]]) -> bool:
    """Print whether two ways agree, and the first rows where they do not."""
    found = differences(one, other)
    print(f"  {said}: {'the same rows' if not found else 'DIFFERENT'}", flush=True)
    for table, (here, there) in found.items():
        print(f"    {table}: {here[:3]} / {there[:3]}", flush=True)
    return not found


def prove(written: Written, rounds: int) -> bool:
    """One history, built in every way."""
    for round_no in range(rounds):
        written.write(round_no)
        built = build(written.home, written, round_no)
        print(f"  round {round_no}: {built.seconds:.0f} s, resumed: {built.resumed}", flush=True)
    by_day = rows_of(built.database)
    built.database.unlink()
    last = rounds - 1
    in_one_go = rows_of(build(written.home, written, last).database)
    same = compare("in one go", by_day, in_one_go)
    for round_no in range(rounds // 2, rounds):
        from_the_middle = build(written.home, written, round_no)
    same &= compare("from the middle on", rows_of(from_the_middle.database), in_one_go)
    written.rewrite(rounds // 2)
    replayed = rows_of(build(written.home, written, last).database)
    (written.home.warehouse / building.DATABASE_NAME).unlink()
    anew = rows_of(build(written.home, written, last).database)
    return compare("a round replayed by stricter rules", replayed, anew) and same


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.proofs.histories", description=__doc__)
    options.add_argument("--rounds", type=int, default=8)
    options.add_argument("--sources", type=int, default=120)
    options.add_argument("--examples", type=int, default=2)
    options.add_argument("--seed", type=int, default=57)
    chosen = options.parse_args()
    outcomes: list[bool] = []
    for example in range(chosen.examples):
        first = BEFORE_THE_MERGERS if example % 2 else AUTUMN
        made = draw_histories(
            chosen.sources, chosen.rounds, seeded=chosen.seed + example, first=first
        )
        print(f"history {example + 1} from {first} on: {told_of(made)}", flush=True)
        with tempfile.TemporaryDirectory(prefix="task-warehouse-proof-") as folder:
            outcomes.append(prove(Written(Path(folder), made, first), chosen.rounds))
    sys.exit(0 if all(outcomes) else 1)


def told_of(made: list[list[Sent]]) -> str:
    """How many files there are, and of them those that make a history hard."""
    files = [sent for sent_by in made for sent in sent_by]
    held = [sent for sent in files if sent.verdict == "hold"]
    released = [sent for sent in held if sent.decision and sent.decision[1] == "release"]
    full = [sent for sent in files if sent.mode == "full"]
    late = [sent for sent in files if sent.days_late]
    return (
        f"{len(files)} files of {len(made)} sources, {len(full)} full, {len(late)} late,"
        f" {len(held)} held, {len(released)} of them released"
    )


if __name__ == "__main__":
    main()
