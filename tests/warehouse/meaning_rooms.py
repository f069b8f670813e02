"""Rooms of 25 December 2025 in which every rule of meaning has a guilty case and an honest one."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from task_warehouse.settings import Home
from tests.warehouse.rooms import Rooms

Cells = Mapping[str, object]
MONTHS = ("2025-09", "2025-10", "2025-11", "2025-12")
# What was reported on the fifth of each month: percent, then any other cells.
STORIES: Mapping[str, Sequence[Cells | None]] = {
    "D1": [{}, {}, {}, {}],
    "D2": [{}, {}, {}, {}],
    "V2": [{"percent_complete": 100, "evidence": "7/QĐ-BKHCN"}, None, None, None],
    "E1": [{"percent_complete": 100}, None, None, None],
    "E2": [{"percent_complete": 100, "evidence": "12/QĐ-BKHCN"}, None, None, None],
    "E3": [{"percent_complete": 100, "evidence": "99/BC-BKHCN"}, None, None, None],
    "E4": [None, {"percent_complete": 100, "evidence": "99 / bc-bkhcn"}, None, None],
    "E5": [{"percent_complete": 100, "evidence": "55/BC-BKHCN"}, None, None, None],
    "E6": [{"percent_complete": 100, "evidence": "55/BC-BKHCN"}, None, None, None],
    "E7": [{"percent_complete": 100, "evidence": "Đang cập nhật"}, None, None, None],
    "P1": [{"percent_complete": 50}, *[{"percent_complete": 30}] * 3],
    "P2": [{"percent_complete": 50}, *[{"percent_complete": 49.5}] * 3],
    "T1": [
        {"percent_complete": 40, "result": f"Tháng {n}/2025: tiếp tục triển khai{end}"}
        for n, end in ((9, ""), (10, "."), (11, ";"), (12, " "))
    ],
    "T2": [{"percent_complete": 40, "result": t} for t in ("Đã họp", "Đã họp", "Đã ký", "Đã in")],
    "T3": [{"percent_complete": 0, "result": "Chưa đến kỳ triển khai"}] * 4,
    "L1": [{"percent_complete": 100, "evidence": "1/BC", "status_reported": "completed_late"}],
    "L2": [{}, {}, {}, {"status_reported": "open_overdue"}],
    "R1": [{"percent_complete": 100, "evidence": "2/BC"}, *[{"percent_complete": 60}] * 3],
    "R2": [{"percent_complete": 100, "evidence": "3/BC"}, *[{"percent_complete": 10}] * 3],
    "S1": [{}, None, None, None],
    "X1": [{}, {"extension_to": "2025-12-31", "approval_state": "approved"}, {}, {}],
    "X2": [
        {"extension_to": "2025-12-31", "approval_state": "submitted"},
        {"extension_to": "2025-12-31", "approval_state": "approved"},
        {},
        {},
    ],
    "B1": [{}, *[{"difficulty": "Chưa bố trí đủ kinh phí trong năm."}] * 3],
    "B2": [{}, {}, {}, {"difficulty": "Đang chờ ý kiến của Bộ Tài chính về phương án."}],
    "B3": [{"difficulty": "Không có khó khăn, vướng mắc"}] * 4,
    "B4": [
        {"extension_to": "2025-11-30", "approval_state": "approved"},
        {},
        {"extension_to": "2025-12-31", "approval_state": "approved"},
        {},
    ],
    "B5": [{}, {}, {}, {"difficulty": "Vuong giai phong mat bang tai 2 xa"}],
    "B6": [{}, {}, {}, {"difficulty": "Sở Tài chính chậm trả lời", "task_source": "tinh-01"}],
    **{code: [{}, {}, {}, {}] for code in ("C1", "C2", "X9", "Z1", "Z3", "Z4", "Z5", "Z6")},
    "Z2": [{}, {}, {}, {"completed_on": "2026-02-01"}],
    "ĐT.78/24": [{}, {}, {}, {"percent_complete": 100, "evidence": "5/QĐ-BKHCN"}],
    "HT-1": [{}, {}, {}, {}],
    "SK-1": [{"percent_complete": 100, "evidence": "6/BC-BKHCN"}, None, None, None],
    "M1": [{}, {}, {"result": "Đã gộp vào nhiệm vụ D1 theo ý kiến của Bộ."}, None],
}
LISTED_ONCE = ("V1", "V2", "V3", "M1")  # in the first list and not in the second
DEADLINES = {"D2": ("31/10/2025", "31/12/2025"), "D1": ("30/9/2025", "31/12/2025")}
LEADS = {"Z3": ("Bộ Khoa học và Công nghệ", "Bộ Thông tin và Truyền thông")}
SOON = ("X1", "X2", "L2", "B4")
TASK_CELLS: dict[str, Cells] = {
    "ĐT.78/24": {"kind": "research"},
    "HT-1": {"kind": "cooperation"},
    "SK-1": {"kind": "event"},
    "E6": {"parent_task_code": "E5"},
    "R2": {"deadline": "Hằng quý"},
    "S2": {"assigned_on": "2025-11-20"},
    "C1": {"parent_task_code": "C2"},
    "C2": {"parent_task_code": "C1"},
    "Z1": {"assigned_on": "2025-08-01", "deadline": "30/6/2025"},
    "Z4": {"lead": "G12.18"},
    "Z5": {"lead": "000.00.00.H56"},
    "Z6": {"lead": "UBND tỉnh Yên Bái", "assigned_on": "2025-08-01"},
}
OTHERS = ("V1", "V3", "S2")


def _tasks() -> list[Cells]:
    rows: list[Cells] = []
    for number in (1, 2):
        for code in (*STORIES, *OTHERS):
            if code == "B6" or (number == 2 and code in LISTED_ONCE):
                continue
            deadline = DEADLINES.get(code, ("30/9/2025" if code in SOON else "31/12/2025",) * 2)
            rows.append(
                {
                    "delivery_id": f"list-{number}",
                    "task_code": code,
                    "title": f"Việc {code}",
                    "lead": LEADS.get(code, ("Bộ Khoa học và Công nghệ",) * 2)[number - 1],
                    "document_code": "10/KH-A",
                    "assigned_on": "2025-06-01",
                    "deadline": deadline[number - 1],
                    **TASK_CELLS.get(code, {}),
                }
            )
    local = {"delivery_id": "list-01", "assigned_on": "2025-08-01", "deadline": "31/12/2025"}
    for code in ("V3", "X9", "B6"):
        title = "Việc V3" if code == "V3" else f"Việc {code} của thành phố"
        rows.append(
            {**local, "task_code": code, "title": title, "document_code": "10/KH-A",
             "lead": "Phường Phúc Xá" if code == "X9" else "UBND phường Hồng Hà"}
        )  # fmt: skip
    for source in ("01", "79"):
        rows += [
            {**local, "delivery_id": f"list-{source}", "task_code": f"U{n}", "title": f"Việc U{n}",
             "lead": f"{source}", "document_code": f"{source}/KH"}
            for n in range(12)
        ]  # fmt: skip
    return rows


def _progress() -> list[Cells]:
    rows: list[Cells] = []
    for code, story in STORIES.items():
        for month, cells in zip(MONTHS, story, strict=False):
            if cells is None:
                continue
            day = f"{month}-05"
            told: Cells = {"percent_complete": 20, "result": f"{code} {month[-2:]}", **cells}
            done: Cells = {"completed_on": day} if told["percent_complete"] == 100 else {}
            rows.append(
                {"delivery_id": f"report-{month}", "task_code": code, "reported_on": day,
                 "updated_at": f"{day}T02:00:00Z", **done, **told}
            )  # fmt: skip
    for n in range(12):
        # 16:00 to 16:55 in Hà Nội, where 17:00 is the cut-off; one stamp for all in the other.
        for source, moment in (("01", f"09:{5 * n:02}:00"), ("79", "09:30:00")):
            rows.append(
                {"delivery_id": f"report-{source}", "task_code": f"U{n}", "result": f"Bước {n}",
                 "reported_on": "2025-12-10", "percent_complete": 30,
                 "updated_at": f"2025-12-10T{moment}Z"}
            )  # fmt: skip
    return rows


def _indicator(code: str, unit: str, target: str, **cells: object) -> Cells:
    return {"delivery_id": "catalogue-2", "indicator_code": code, "name": code, "unit": unit,
            "target_text": target, "target_on": "2025-12-31", "lead": "G06", **cells}  # fmt: skip


INDICATORS: list[Cells] = [
    _indicator("TRAM", "Trạm", "68.457", kind="cumulative"),
    _indicator("PHU", "% dân số", "≥ 90", kind="cumulative"),
    _indicator("HOSO", "%", "≥ 80", kind="discrete"),
    _indicator("KYSO", "%", "≥ 70", target_on="2030-12-31", kind="cumulative"),
    _indicator("TONG", "Trạm", "≥ 400", formula="Tổng"),
    _indicator("CAQUYEN", "%", "≥ 60", formula="Bình quân gia quyền theo DANSO"),
    _indicator("DANSO", "Người", ""),
    _indicator("KHONGGOP", "%", "≥ 60"),
    _indicator("CONG%", "%", "≥ 60", formula="Tổng"),
    _indicator("NAM", "%", "năm 2025: 60; năm 2030: 90", target_on="2030-12-31"),
    _indicator("AI", "%", "≥ 80 bộ, ngành; ≥ 60 địa phương"),
    _indicator("DONVI", "Nghìn trạm", "≥ 70", baseline=20, baseline_on="2024-12-31"),
    {**_indicator("DONVI", "Trạm", "≥ 70000", baseline=10), "delivery_id": "catalogue-1"},
    _indicator("HANG", "Thứ bậc", "≤ 50", target_on="2030-12-31"),
    _indicator("DIEM", "Trạm", "≥ 100"),
    _indicator("MUON", "%", "≥ 60", target_on="2025-10-31"),
    _indicator("RUNG", "%", "≥ 55"),
    _indicator("PHAY", "%", "≥ 60"),
    _indicator("CHU", "Mức", "Đạt mức tiên tiến"),
]
VALUES: list[tuple[str, str, str, float]] = [
    # Published: domain facts 9 (5G stations and coverage, online files, digital signatures).
    *[("TRAM", "VN", p, v) for p, v in (("20250524", 11591), ("20250702", 12106))],
    ("TRAM", "VN", "202510", 16737),
    *[("PHU", "VN", p, v) for p, v in (("20250524", 26), ("20250702", 26), ("202508", 26))],
    ("PHU", "VN", "202510", 39.52),
    *[("HOSO", "VN", p, v) for p, v in (("202408", 37), ("202505", 40), ("202510", 39.98))],
    *[("KYSO", "VN", p, v) for p, v in (("202504", 26.08), ("20250512", 27.7))],
    *[("TONG", o, "202510", v) for o, v in (("01", 100), ("79", 200))],
    *[("CAQUYEN", o, "202510", v) for o, v in (("01", 50), ("79", 80))],
    *[("DANSO", o, "2024", v) for o, v in (("01", 8_000_000), ("79", 9_000_000))],
    *[("KHONGGOP", o, "202510", v) for o, v in (("01", 50), ("79", 80))],
    *[("CONG%", o, "202510", v) for o, v in (("01", 50), ("79", 80))],
    ("NAM", "VN", "202510", 65),
    *[("AI", o, "202510", 70) for o in ("G06", "01")],
    ("DONVI", "VN", "202508", 21000),
    *[("HANG", "VN", p, v) for p, v in (("2021", 80), ("2022", 76), ("2023", 71), ("2024", 66))],
    ("KHONGGOP", "00001", "202509", 44),
    ("MUON", "VN", "202510", 50),
    *[("RUNG", "VN", f"2025{m:02}", v) for m, v in ((6, 10), (7, 30), (8, 20), (9, 45), (10, 40))],
    *[("PHAY", "VN", p, v) for p, v in (("202508", 39.5), ("202509", 3952))],  # 39,52
    *[("DIEM", o, "202505", v) for o, v in (("Tỉnh Lào Cai", 30), ("Tỉnh Yên Bái", 20))],
]
FEEDBACK: Sequence[Cells] = [
    {"feedback_code": "PA-1", "kind": "feedback", "received_on": "2025-08-29", "assigned_to": a,
     "delivery_id": f"box-{n}", "answered_on": "2025-09-24" if n == 3 else ""}
    for n, a in ((1, "Bộ Tài chính"), (2, "Bộ Y tế"), (3, "Bộ Tài chính"))
] + [
    {"feedback_code": "PA-2", "kind": "recommendation", "received_on": "2025-12-01",
     "assigned_to": "Bộ TTTT", "delivery_id": "box-01"},
]  # fmt: skip

# What reports and newspapers printed, in tasks by class: domain facts 6, F1, F13, F14, F8, F7. The
# days are moved to this morning; which side of a deadline they lie on is not.
PUBLISHED = {
    "f1": (14068, 1983, 5640, 223),
    "f14": (585, 0, 67, 181),
    "f13": (1227, 0, 71, 0),
    "f8": (0, 0, 0, 24),
    "f7": (23, 0, 0, 22),
}
RECURRING = {"f7": (42, 30)}  # how many there are, and how many of them told a result
DECLARED = {
    "f1": {"rows": 21914, "completed": 16051, "completed_on_time": 14068, "completed_late": 1983,
           "open": 5863, "open_in_term": 5640, "open_overdue": 223, "overdue_rate": 1.38},
    "f14": {"rows": 833, "completed": 585, "open_in_term": 67, "open_overdue": 181},
    "f13": {"rows": 1298, "completed": 1227, "open": 71, "completion_rate": 95},
    "f7": {"completed": 23, "open": 64, "open_overdue": 22, "open_undated": 42},
    # 21 were printed; the tasks it names by ministry are 24.
    "f8": {"open_overdue": 21},
}  # fmt: skip


def _published() -> tuple[list[Cells], list[Cells], list[Cells]]:
    tasks: list[Cells] = []
    progress: list[Cells] = []
    for source, counts in PUBLISHED.items():
        kinds = zip(
            counts, ("30/6/2025", "30/6/2025", "31/12/2025", "30/11/2025"),
            ("2025-06-01", "2025-07-15", None, None), strict=True,
        )  # fmt: skip
        number = 0
        for count, deadline, completed_on in kinds:
            for _ in range(count):
                number += 1
                tasks.append(
                    {"delivery_id": f"{source}-tasks", "task_code": number, "title": f"{number}",
                     "lead": "G22", "deadline": deadline, "assigned_on": "2025-01-09"}
                )  # fmt: skip
                if completed_on:
                    progress.append(
                        {"delivery_id": f"{source}-progress", "task_code": number,
                         "reported_on": "2025-08-01", "completed_on": completed_on,
                         "percent_complete": 100, "evidence": f"{number}/BC-VPCP"}
                    )  # fmt: skip
    for source, (count, told) in RECURRING.items():
        for number in range(count):
            code = f"TX-{number}"
            tasks.append(
                {"delivery_id": f"{source}-tasks", "task_code": code, "title": code, "lead": "G22",
                 "deadline": "Thường xuyên", "assigned_on": "2025-01-01"}
            )  # fmt: skip
            progress.append(
                {"delivery_id": f"{source}-progress", "task_code": code,
                 "reported_on": "2025-11-01", "percent_complete": 40,
                 "result": f"Đã xong đợt {number}" if number < told else ""}
            )  # fmt: skip
    totals: list[Cells] = [
        {"delivery_id": f"{source}-totals", "dataset": "tasks", "measure": measure, "value": value}
        for source, measures in DECLARED.items()
        for measure, value in measures.items()
    ]
    return tasks, progress, totals


def _sightings() -> list[tuple[str, str, str, str, str, str]]:
    """Delivery, day, source, organisation, dataset, mode."""
    found = [
        ("list-1", "2025-09-01", "bo-g06", "G06", "tasks", "full"),
        ("list-1", "2025-10-05", "bo-g06", "G06", "tasks", "full"),
        ("list-2", "2025-12-01", "bo-g06", "G06", "tasks", "full"),
        ("list-01", "2025-12-01", "tinh-01", "01", "tasks", "full"),
        ("list-79", "2025-12-01", "tinh-79", "79", "tasks", "full"),
        *((f"report-{m}", f"{m}-10", "bo-g06", "G06", "progress", "delta") for m in MONTHS),
        ("report-01", "2025-12-10", "tinh-01", "01", "progress", "delta"),
        ("report-79", "2025-12-10", "tinh-79", "79", "progress", "delta"),
        ("catalogue-1", "2025-06-01", "bo-g06", "G06", "indicators", "full"),
        ("catalogue-2", "2025-11-01", "bo-g06", "G06", "indicators", "full"),
        ("figures-1", "2025-09-10", "bo-g06", "G06", "indicator_values", "delta"),
        ("figures-2", "2025-11-10", "bo-g06", "G06", "indicator_values", "delta"),
        ("figures-01", "2025-11-10", "tinh-01", "01", "indicator_values", "delta"),
        ("box-1", "2025-08-29", "bo-g06", "G06", "feedback", "delta"),
        ("box-2", "2025-09-04", "bo-g06", "G06", "feedback", "delta"),
        ("box-3", "2025-09-24", "bo-g06", "G06", "feedback", "delta"),
        ("box-01", "2025-12-01", "tinh-01", "01", "feedback", "delta"),
        ("papers", "2025-12-01", "bo-g06", "G06", "documents", "full"),
    ]
    for source in PUBLISHED:
        for dataset, name in (("tasks", "tasks"), ("control_totals", "totals")):
            found.append((f"{source}-{name}", "2025-12-25", source, "G22", dataset, "full"))
        if source != "f8":
            found.append((f"{source}-progress", "2025-12-25", source, "G22", "progress", "delta"))
    return found


def _deliveries() -> list[Cells]:
    seen: set[str] = set()
    rows: list[Cells] = []
    for delivery, day, source, organisation, dataset, mode in _sightings():
        rows.append(
            {"business_date": day, "source": source, "organisation_code": organisation,
             "dataset": dataset, "mode": mode, "expected": "true",
             "outcome": "unchanged" if delivery in seen else "landed",
             "received_at": f"{day}T10:00:00Z", "due_at": f"{day}T10:00:00Z",
             "delivery_id": delivery, "verdict": "accept", "rows_rejected": 0,
             "rows_duplicate": 0, "reason_code": ""}
        )  # fmt: skip
        seen.add(delivery)
    return rows


def _values() -> list[Cells]:
    def delivery(code: str, organisation: str) -> str:
        if organisation == "00001":
            return "figures-01"
        return "figures-1" if code == "DONVI" else "figures-2"

    return [
        {"delivery_id": delivery(code, organisation), "indicator_code": code, "value": value,
         "organisation": organisation, "period": period, "state": "final"}
        for code, organisation, period, value in VALUES
    ]  # fmt: skip


def write_rooms(folder: Path) -> Home:
    """Write the rooms under ``folder``."""
    tasks, progress, totals = _published()
    rooms = Rooms()
    rooms.load_deliveries(_csv(folder / "deliveries.csv", _deliveries()))
    given: Mapping[str, Sequence[Cells]] = {
        "tasks": [*_tasks(), *tasks],
        "progress": [*_progress(), *progress],
        "indicators": INDICATORS,
        "indicator_values": _values(),
        "feedback": FEEDBACK,
        "control_totals": totals,
        "documents": [
            {
                "delivery_id": "papers",
                "document_code": "10/KH-A",
                "parent_document_code": "20/KH-B",
            },
            {
                "delivery_id": "papers",
                "document_code": "20/KH-B",
                "parent_document_code": "10/KH-A",
            },
        ],
    }
    for dataset, rows in given.items():
        rooms.load(dataset, _csv(folder / f"{dataset}.csv", rows))
    return rooms.write(folder / "home")


def _csv(path: Path, rows: Sequence[Cells]) -> Path:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path
