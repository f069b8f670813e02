"""The documents that assign the tasks, from the resolution down to the plan of a commune."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from task_warehouse.sample.dice import Dice
from task_warehouse.sample.organisations import Organisation, Registry

PROGRAMME = "Phát triển khoa học, công nghệ, đổi mới sáng tạo và chuyển đổi số quốc gia"

# Symbols of ministries in the numbers of their decisions; the others use their code.
SYMBOLS = {
    "G01": "BCA", "G02": "BCT", "G03": "BGDĐT", "G06": "BKHCN", "G08": "BNG", "G09": "BNV",
    "G10": "BNNMT", "G11": "BQP", "G12": "BTC", "G15": "BTP", "G16": "BVHTTDL", "G17": "BXD",
    "G18": "BYT", "G19": "NHNN", "G20": "TTCP", "G21": "BDTTG", "G22": "VPCP", "G27": "TNVN",
    "G28": "THVN", "G30": "TTX", "G31": "VHL", "G32": "KHXH",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """One document; ``issuer_code`` is the organisation whose system exports it."""

    code: str
    issued_on: date
    issuer: str
    issuer_code: str
    title: str
    parent: str | None
    secrecy: str = "normal"


CENTRAL = (
    Document("57-NQ/TW", date(2024, 12, 22), "Bộ Chính trị", "G22",
             "Về đột phá phát triển khoa học, công nghệ, đổi mới sáng tạo "
             "và chuyển đổi số quốc gia",
             None),
    Document("03/NQ-CP", date(2025, 1, 9), "Chính phủ", "G22",
             "Chương trình hành động của Chính phủ thực hiện Nghị quyết số 57-NQ/TW", "57-NQ/TW"),
    Document("71/NQ-CP", date(2025, 4, 1), "Chính phủ", "G22",
             "Sửa đổi, bổ sung Chương trình hành động của Chính phủ "
             "thực hiện Nghị quyết số 57-NQ/TW",
             "03/NQ-CP"),
)  # fmt: skip


def write_cascade(seed: int, registry: Registry, communes: list[Organisation]) -> list[Document]:
    """All documents of the world, those above before those below; codes are unique."""
    taken: set[str] = set()
    documents = list(CENTRAL)
    for org in registry.of_kind("ministry", "agency"):
        documents += _ministry_plans(Dice(seed, "documents", org.code), org, taken)
    for org in registry.of_kind("province"):
        documents += _province_plans(Dice(seed, "documents", org.code), org, taken)
    plans = {doc.issuer_code: doc.code for doc in documents if doc.code.endswith("/KH-UBND")}
    for org in communes:
        dice = Dice(seed, "documents", org.code)
        code = _number(dice, 12, 900, "/KH-UBND", taken)
        issued = date(2025, 7, 10) + timedelta(days=dice.randint(0, 40))
        title = f"Kế hoạch phát triển khoa học, công nghệ và chuyển đổi số của {org.name}"
        documents.append(
            Document(code, issued, f"UBND {org.name}", org.code, title, plans.get(org.parent or ""))
        )
    return documents


def _ministry_plans(dice: Dice, org: Organisation, taken: set[str]) -> list[Document]:
    symbol = SYMBOLS.get(org.code, org.code)
    plans = []
    for title, parent, first in (
        ("Kế hoạch triển khai Chương trình hành động của Chính phủ", "03/NQ-CP", date(2025, 1, 20)),
        ("Kế hoạch triển khai nhiệm vụ bổ sung về đột phá khoa học, công nghệ", "71/NQ-CP",
         date(2025, 4, 10)),
    ):  # fmt: skip
        code = _number(dice, 100, 1999, f"/QĐ-{symbol}", taken)
        issued = first + timedelta(days=dice.randint(0, 35))
        plans.append(Document(code, issued, org.name, org.code, f"{title} của {org.name}", parent))
    return plans


def _province_plans(dice: Dice, org: Organisation, taken: set[str]) -> list[Document]:
    party = _number(dice, 100, 399, "-KH/TU", taken)
    people = _number(dice, 100, 899, "/KH-UBND", taken)
    issued = date(2025, 2, 10) + timedelta(days=dice.randint(0, 60))
    later = issued + timedelta(days=dice.randint(10, 30))
    place = org.name[0].lower() + org.name[1:]
    return [
        Document(party, issued, f"Ban Thường vụ Tỉnh ủy, Thành ủy {place}", org.code,
                 f"Kế hoạch thực hiện Nghị quyết số 57-NQ/TW trên địa bàn {place}", "57-NQ/TW"),
        Document(people, later, f"UBND {place}", org.code,
                 f"Kế hoạch triển khai Kế hoạch số {party} và Nghị quyết số 71/NQ-CP", party),
    ]  # fmt: skip


def _number(dice: Dice, low: int, high: int, end: str, taken: set[str]) -> str:
    """A free number; numbers grow when a range is full."""
    while True:
        code = f"{dice.randint(low, high)}{end}"
        if code not in taken:
            taken.add(code)
            return code
        high += 1
