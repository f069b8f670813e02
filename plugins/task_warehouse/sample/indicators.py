"""Indicators with targets of every kind, and what each body says about them period by period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from task_warehouse.sample.dice import Dice
from task_warehouse.sample.organisations import NATION
from task_warehouse.sample.systems import TARGETS_KEEPER, System

FIRST_MONTH = date(2025, 1, 1)
REPORTING_DELAY_DAYS = 8  # a month's values are known from the ninth of the next one


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator; ``start`` and ``pace`` shape the values we invent for it."""

    code: str
    name: str
    unit: str
    better: str
    operator: str
    low: float | None
    high: float | None
    text: str
    target_on: date
    lead: str
    frequency: str
    kind: str
    reported_by: str  # nation, province, ministry
    start: float
    pace: float


def _make(*row: object) -> Indicator:
    code, name, unit, better, operator, low, high, text, year, lead, *rest = row
    return Indicator(code, name, unit, better, operator, low, high, text,  # type: ignore[arg-type]
                     date(int(str(year)), 12, 31), lead, *rest)  # type: ignore[arg-type]  # fmt: skip


CATALOGUE: tuple[Indicator, ...] = tuple(_make(*row) for row in (
    ("CT01", "Đóng góp của kinh tế số vào GDP", "% GDP", "higher", ">=", 30, None, "≥ 30", 2030,
     "G06", "quarterly", "discrete", "nation", 17.5, 0.45),
    ("CT02", "Đóng góp của năng suất nhân tố tổng hợp vào tăng trưởng", "%", "higher", ">", 55,
     None, "> 55", 2030, "G12", "yearly", "discrete", "nation", 44, 1.2),
    ("CT03", "Xếp hạng phát triển Chính phủ điện tử", "Thứ bậc", "lower", "<=", None, 50,
     "≤ 3 Đông Nam Á; ≤ 50 Thế giới", 2030, "G06", "yearly", "discrete", "nation", 71, -3),
    ("CT04", "Số tổ chức khoa học và công nghệ được xếp hạng khu vực", "Tổ chức", "higher",
     "between", 40, 50, "40 - 50", 2030, "G06", "yearly", "cumulative", "nation", 28, 2),
    ("CT05", "Dân số được phủ sóng 5G", "%", "higher", ">=", 99, None, "99", 2030, "G06",
     "monthly", "cumulative", "province", 22, 4.5),
    ("CT06", "Hồ sơ dịch vụ công trực tuyến toàn trình", "%", "higher", ">=", 80, None, "≥ 80",
     2025, "G22", "monthly", "discrete", "province", 31, 3.2),
    ("CT07", "Kết quả giải quyết thủ tục hành chính được số hóa", "%", "higher", "=", 100, None,
     "100", 2030, "G22", "monthly", "cumulative", "province", 48, 3),
    ("CT08", "Người trưởng thành có chữ ký số cá nhân", "%", "higher", ">=", 70, None, "≥ 70",
     2030, "G06", "monthly", "cumulative", "province", 19, 1.4),
    ("CT09", "Giao dịch không dùng tiền mặt", "%", "higher", ">=", 80, None, "≥ 80", 2030, "G19",
     "quarterly", "discrete", "province", 55, 2.1),
    ("CT10", "Nhiệm vụ được theo dõi trên môi trường điện tử", "%", "higher", "=", 100, None,
     "100", 2030, "G22", "monthly", "discrete", "ministry", 62, 2.6),
    ("CT11", "Thủ tục nội bộ được cắt giảm", "%", "higher", "=", 50, None, "50", 2030, "G22",
     "quarterly", "cumulative", "ministry", 6, 4),
    ("CT12", "Ngân sách chi cho khoa học, công nghệ và chuyển đổi số", "% chi ngân sách", "higher",
     ">=", 3, None, "≥ 3, tăng dần", 2030, "G12", "quarterly", "discrete", "ministry", 1.4, 0.2),
    ("CT13", "Sự cố an toàn thông tin nghiêm trọng", "Sự cố", "lower", "<=", None, 2, "≤ 2", 2025,
     "G01", "monthly", "discrete", "ministry", 6, -0.4),
    ("CT14", "Doanh nghiệp công nghệ số ngang tầm khu vực", "Doanh nghiệp", "higher", ">=", 5, None,
     "≥ 5", 2030, "G06", "yearly", "cumulative", "nation", 1, 0.5),
    ("CT15", "Trình độ công nghệ của doanh nghiệp", "Mức", "higher", "text", None, None,
     "Đạt mức trên trung bình của khu vực", 2030, "G06", "yearly", "discrete", "nation", 0, 0),
    ("CT16", "Xã, phường có tổ công nghệ số cộng đồng hoạt động", "%", "higher", "=", 100, None,
     "100", 2026, "G09", "monthly", "cumulative", "province", 58, 3.3),
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """What one body said of one indicator for one period."""

    source: str
    indicator: str
    organisation: str
    period: str
    value: float | None
    breakdown: str | None
    state: str
    note: str | None

    @property
    def key(self) -> str:
        return "|".join((self.indicator, self.organisation, self.period, self.breakdown or ""))


def tell_values(seed: int, system: System, as_of: date) -> list[Value]:
    """The values a system holds on a day, oldest period first; none for communes."""
    org = system.organisation
    if org.kind == "commune":
        return []
    level = "province" if org.kind == "province" else "ministry"
    rows: list[Value] = []
    for indicator in CATALOGUE:
        keeps_nation = org.code == TARGETS_KEEPER and indicator.reported_by == "nation"
        if indicator.reported_by == level:
            rows += _series(seed, system, indicator, org.code, as_of)
        elif keeps_nation and indicator.operator != "text":
            rows += _series(seed, system, indicator, NATION, as_of)
    return rows


def _series(
    seed: int, system: System, indicator: Indicator, organisation: str, as_of: date
) -> list[Value]:
    dice = Dice(seed, "values", indicator.code, organisation)
    level = indicator.start * dice.uniform(0.8, 1.15)
    rows: list[Value] = []
    for step, (period, known_on) in enumerate(_periods(indicator.frequency)):
        wobble = dice.gauss(0, abs(indicator.pace) * 0.35)
        level = max(0.0, level + indicator.pace * dice.uniform(0.3, 1.4))
        is_estimate = dice.happens(0.2)  # drawn always, so that a day more changes nothing else
        if known_on > as_of:
            break
        shown = level if indicator.kind == "cumulative" else max(0.0, level + wobble)
        ceiling = 100.0 if indicator.unit.startswith("%") else 1e9
        whole = not indicator.unit.startswith("%")
        value = round(min(shown, ceiling), 0 if whole else 2)
        is_last = (as_of - known_on).days < 40
        note = "Số liệu ước tính" if is_last and is_estimate else None
        rows.append(
            Value(system.source, indicator.code, organisation, period, value, None,
                  "provisional" if is_last else "final", note)
        )  # fmt: skip
        if step % 4 == 3 and indicator.code == "CT06":
            rows.append(
                Value(system.source, indicator.code, organisation, period,
                      round(min(value * 0.82, 100), 2), "Cấp xã", "final", None)
            )  # fmt: skip
    return rows


def _periods(frequency: str) -> list[tuple[str, date]]:
    """Period codes YYYYMM, YYYYQ or YYYY from 2025 on, and the day each is known."""
    periods: list[tuple[str, date]] = []
    for index in range(36):
        year, month = FIRST_MONTH.year + index // 12, index % 12 + 1
        known_on = date(year + month // 12, month % 12 + 1, REPORTING_DELAY_DAYS + 1)
        if frequency == "monthly":
            periods.append((f"{year}{month:02d}", known_on))
        elif frequency == "quarterly" and month % 3 == 0:
            periods.append((f"{year}{month // 3}", known_on))
        elif frequency == "yearly" and month == 12:
            periods.append((f"{year - 1}", known_on.replace(year=known_on.year - 1)))
    return periods
