"""Histories of deliveries as sources really make them, and the rooms they leave day by day.

A history is what one source sent in how many rounds of collecting: lists of tasks that a task may
be gone from, with deadlines, leads and parents that change; reports, corrections and full lists
that withdraw some; indicators and feedback; the same bytes again, a list that broke, a file of a
day before that came late, one that was held and that a person released or refused on a later day.
Bodies that merged are among sources and leads; from the end of June the rounds cross the mergers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from task_warehouse import holding
from task_warehouse.build_inputs import ROOMS
from task_warehouse.settings import Home

AUTUMN = date(2025, 9, 1)
BEFORE_THE_MERGERS = date(2025, 6, 28)
Row = dict[str, str | None]

# 10 was Lào Cai's code until 30 June 2025, when Yên Bái and Phường Phúc Xá ended as well.
BODIES = ("G12", "G06", "10", "01")
LEADS = (
    "Bộ Khoa học và Công nghệ", "Bộ Tài chính", "Bộ KH&CN; Bộ Tài chính", "Không rõ ai",
    "Bộ Thông tin và Truyền thông", "UBND tỉnh Yên Bái", "UBND tỉnh Lào Cai", "Phường Phúc Xá",
)  # fmt: skip
TEXTS = ("Đã họp", "Đang chờ ý kiến của Bộ Tài chính", "Chưa bố trí đủ kinh phí", None)


@dataclass(frozen=True)
class Sent:
    """One file of a source: on which round, for which day before it, and what it holds.

    One with the verdict ``hold`` waits for ever, or for the ``decision`` of a round.
    """

    round: int
    days_late: int
    dataset: str
    mode: str
    verdict: str
    rows: tuple[tuple[tuple[str, str | None], ...], ...]
    decision: tuple[int, str] | None = None


def _days(first: date, *offsets: int | None) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None if n is None else str(first + timedelta(days=n)) for n in offsets])


def _moments(first: date, hour: int, *offsets: int) -> st.SearchStrategy[str | None]:
    days = [f"{first + timedelta(days=n)} 0{hour}:00:00Z" for n in offsets]
    return st.sampled_from([None, *days])


def _task(first: date, code: str) -> st.SearchStrategy[Row]:
    days = [first + timedelta(days=n) for n in (-1, 2, 4)]
    printed = [f"{day:%d/%m/%Y}" for day in days]
    return st.fixed_dictionaries(
        {
            "task_code": st.just(code),
            "title": st.sampled_from(["Việc một", "Việc hai"]),
            "lead": st.sampled_from(LEADS),
            "deadline": st.sampled_from([*printed, "Quý IV/2025", "Thường xuyên", None]),
            "document_code": st.sampled_from([None, "10/KH", "20/KH"]),
            "parent_task_code": st.sampled_from([None, None, "A", "B"]),
            "updated_at": _moments(first, 3, 0, 1),
        }
    )


def _report(first: date, code: str) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {
            "task_code": st.just(code),
            "reported_on": _days(first, *range(-2, 6)),
            "percent_complete": st.sampled_from([None, "40", "80", "100", "100"]),
            "status_reported": st.sampled_from([None, "completed", "open", "suspended"]),
            "completed_on": _days(first, None, None, -2, 1),
            "evidence": st.sampled_from([None, "1/BC", "2/BC"]),
            "result": st.sampled_from(TEXTS),
            "difficulty": st.sampled_from(TEXTS),
            "extension_to": _days(first, None, None, None, 29),
            "approval_state": st.sampled_from(["approved", "submitted"]),
            "updated_at": _moments(first, 4, 0, 2),
        }
    )


def _indicator(first: date, code: str) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {
            "indicator_code": st.just(code),
            "name": st.just(f"Chỉ tiêu {code}"),
            "unit": st.sampled_from(["%", "Trạm"]),
            "target_text": st.sampled_from(["≥ 80", "68"]),
            "target_on": st.just(f"{first.year}-12-31"),
            "baseline": st.sampled_from([None, "10", "20"]),
            "lead": st.sampled_from(LEADS),
        }
    )


def _value(first: date, code: str) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {
            "indicator_code": st.just(code),
            "organisation": st.sampled_from(["VN", "G06", "Tỉnh Yên Bái", "Phường Phúc Xá"]),
            "period": st.sampled_from([f"{first.year}0{month}" for month in (4, 5, 6)]),
            "value": st.sampled_from(["10", "40", "90"]),
        }
    )


def _item(first: date, code: str) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {
            "feedback_code": st.just(code),
            "kind": st.sampled_from(["feedback", "recommendation"]),
            "received_on": _days(first, -20, -2),
            "assigned_to": st.sampled_from(LEADS),
            "answered_on": _days(first, None, 0, 2),
        }
    )


ROWS = {
    "tasks": _task,
    "progress": _report,
    "indicators": _indicator,
    "indicator_values": _value,
    "feedback": _item,
}
DATASETS = (*["tasks"] * 3, *["progress"] * 6, "indicators", "indicator_values", "feedback")


@st.composite
def _sent(draw: st.DrawFn, rounds: int, first: date) -> Sent:
    dataset = draw(st.sampled_from(DATASETS))
    codes = draw(st.lists(st.sampled_from("ABC"), min_size=1, max_size=3, unique=True))
    rows = [draw(ROWS[dataset](first, code)) for code in sorted(codes)]
    round_no = draw(st.integers(0, rounds - 1))
    decided = st.tuples(
        st.integers(round_no, rounds - 1), st.sampled_from(["release", "release", "refuse"])
    )
    return Sent(
        round=round_no,
        days_late=draw(st.sampled_from([0, 0, 0, 0, 1, 2])),
        dataset=dataset,
        mode=draw(st.sampled_from(["full", "delta"])),
        verdict=draw(st.sampled_from([*["accept"] * 9, "refuse", *["hold"] * 2])),
        rows=tuple(tuple(each.items()) for each in rows),
        decision=draw(st.one_of(decided, decided, decided, st.none())),
    )


@st.composite
def _history(draw: st.DrawFn, rounds: int, first: date) -> list[Sent]:
    start = Sent(0, 0, "tasks", draw(st.sampled_from(["full", "delta"])), "accept", ())
    rows = tuple(tuple(draw(_task(first, code)).items()) for code in "AB")
    later = draw(st.lists(_sent(rounds, first), max_size=2 * rounds))
    if draw(st.booleans()):  # a source whose mornings knew all that was sent until then
        later = [
            replace(sent, days_late=0, verdict="accept" if sent.verdict == "hold" else sent.verdict)
            for sent in later
        ]
    again = draw(st.lists(st.sampled_from(later), max_size=2)) if later else []
    repeated = [replace(sent, round=rounds - 1) for sent in again]
    return [replace(start, rows=rows), *later, *repeated]


@st.composite
def _in_order(draw: st.DrawFn, rounds: int, first: date) -> list[Sent]:
    """What most sources send: corrections about each round's own day, and the list again."""
    mode = draw(st.sampled_from(["full", "delta"]))
    tasks = {code: draw(_task(first, code)) for code in "ABC"}
    sent = []
    for round_no in range(rounds):
        if round_no and draw(st.booleans()):
            code = draw(st.sampled_from("ABC"))
            tasks[code] = draw(_task(first, code))
        listed = [row for code, row in tasks.items() if round_no == 0 or draw(st.integers(0, 9))]
        if round_no == 0 or (mode == "full" and draw(st.booleans())):
            said = tuple(tuple(row.items()) for row in listed)
            sent.append(Sent(round_no, 0, "tasks", mode, "accept", said))
        codes = draw(st.lists(st.sampled_from("AB"), max_size=2, unique=True))
        today = str(first + timedelta(days=round_no))
        told = [{**draw(_report(first, code)), "reported_on": today} for code in sorted(codes)]
        if told:
            said = tuple(tuple(row.items()) for row in told)
            sent.append(Sent(round_no, 0, "progress", "delta", "accept", said))
    return sent


def draw_histories(
    sources: int, rounds: int, *, seeded: int, first: date = AUTUMN
) -> list[list[Sent]]:
    """What each of ``sources`` sources sent in ``rounds`` rounds; the first lists its tasks.

    One in three sends reports in order, the others whatever a source may send.
    """
    orderly = sources // 3
    return [
        *_fullest(_history(rounds, first), sources - orderly, seeded),
        *_fullest(_in_order(rounds, first), orderly, seeded),
    ]


def _fullest(each: st.SearchStrategy[list[Sent]], sources: int, seeded: int) -> list[list[Sent]]:
    """Drawn one by one, since hypothesis bounds a draw; it tries the barest ones too."""
    drawn: list[list[Sent]] = []

    @seed(seeded)
    @settings(
        max_examples=3 * sources,
        deadline=None,
        database=None,
        verbosity=Verbosity.quiet,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(made=each)
    def take(made: list[Sent]) -> None:
        drawn.append(made)

    take()
    return sorted(drawn, key=len, reverse=True)[:sources]


class Written:
    """Rooms under a root, a batch a round."""

    def __init__(self, root: Path, made: Sequence[Sequence[Sent]], first: date = AUTUMN) -> None:
        self.home = Home(root)
        self.made = made
        self.first = first
        self.decisions: list[tuple[int, str, str]] = []

    def as_of(self, round_no: int) -> date:
        """The morning of a round."""
        return self.first + timedelta(days=round_no)

    def write(self, round_no: int) -> None:
        """Add what was sent in a round: receipts, ledger and accepted rows, one file a room.

        What persons decided in that round of deliveries that wait is recorded after it.
        """
        rooms: dict[str, list[dict[str, Any]]] = {"receipts": [], "ledger": []}
        for source_no, sent_by in enumerate(self.made):
            for file_no, sent in enumerate(sent_by):
                if sent.round == round_no:
                    self._add(rooms, f"s{source_no:03d}", file_no, sent)
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            for room, rows in rooms.items():
                if rows:
                    self._write(connection, room, round_no, rows)
        at = datetime.combine(self.as_of(round_no), time(10), UTC)
        for decided_in, delivery, outcome in self.decisions:
            if decided_in == round_no:
                holding.decide(self.home, delivery, outcome, note="đã hỏi", by="trực", at=at)

    def rewrite(self, round_no: int) -> None:
        """A replay with stricter rules: the reports of a round lose those of task C."""
        path = self.home.accepted / "progress" / f"round-{round_no}.parquet"
        if path.is_file():
            with duckdb.connect() as connection:
                aside = path.with_name("replayed")
                connection.execute(
                    f"copy (from '{path}' where task_code != 'C') to '{aside}' (format parquet)"
                )
                aside.replace(path)

    def _add(
        self, rooms: dict[str, list[dict[str, Any]]], source: str, file_no: int, sent: Sent
    ) -> None:
        content = json.dumps([source, sent.dataset, sent.mode, sent.rows])
        delivery = hashlib.sha256(content.encode()).hexdigest()[:20]
        business_date = self.as_of(max(0, sent.round - sent.days_late))
        common = {
            "delivery_id": delivery,
            "source": source,
            "organisation_code": BODIES[int(source[1:]) % len(BODIES)],
            "business_date": str(business_date),
            "received_at": f"{self.as_of(sent.round)} 0{file_no % 10}:00:00Z",
            "mode": sent.mode,
        }
        rooms["receipts"].append(
            {
                **common,
                "receipt_id": f"{source}-{file_no}-{sent.round}",
                "dataset": sent.dataset,
                "outcome": "landed",
                "expected": "true",
                "batch": f"round-{sent.round}",
            }
        )
        if self._is_known(delivery, source, file_no, sent.round):
            return
        counts = {"accept": "rows_accepted", "refuse": "rows_rejected", "hold": "rows_held"}
        rooms["ledger"].append(
            {
                **common,
                "dataset": sent.dataset,
                "batch": f"round-{sent.round}",
                "verdict": sent.verdict,
                "rows_received": len(sent.rows),
                "rows_duplicate": 0,
                **dict.fromkeys(counts.values(), 0),
                counts[sent.verdict]: len(sent.rows),
            }
        )
        if sent.verdict == "hold" and sent.decision:
            decided_in, outcome = sent.decision
            self.decisions.append((decided_in, delivery, outcome))
        if sent.verdict != "refuse":
            rooms.setdefault(f"accepted/{sent.dataset}", []).extend(
                {**common, **dict(row), "part": "", "record": n, "line": n + 1}
                for n, row in enumerate(sent.rows, start=1)
            )

    def _is_known(self, delivery: str, source: str, file_no: int, round_no: int) -> bool:
        """Whether the same bytes came before, in an earlier round or earlier in this one."""
        for number, sent in enumerate(self.made[int(source[1:])]):
            content = json.dumps([source, sent.dataset, sent.mode, sent.rows])
            same = hashlib.sha256(content.encode()).hexdigest()[:20] == delivery
            if same and (sent.round, number) < (round_no, file_no):
                return True
        return False

    def _write(
        self,
        connection: duckdb.DuckDBPyConnection,
        room: str,
        round_no: int,
        rows: list[dict[str, Any]],
    ) -> None:
        folder = self.home.root / room
        if room == "receipts":
            folder = folder / f"business_date={self.as_of(round_no)}"
        folder.mkdir(parents=True, exist_ok=True)
        given = folder / f"round-{round_no}.json"
        given.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        columns = ROOMS[room.removeprefix("accepted/")]
        connection.execute(f"create or replace table columns_of ({columns})")
        held = connection.execute("select column_name from (describe columns_of)").fetchall()
        told = [name for (name,) in held if name in {key for row in rows for key in row}]
        typed = ", ".join(f"{name}: 'varchar'" for name in told)
        connection.execute(
            f"insert into columns_of by name from read_json('{given}', columns = {{{typed}}})"
        )
        connection.execute(f"copy columns_of to '{given.with_suffix('.parquet')}'")
        given.unlink()
