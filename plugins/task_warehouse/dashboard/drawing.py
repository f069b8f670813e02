"""Geometry of the pictures, stacked bars and the map of equal tiles; templates write it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from task_warehouse.dashboard.facts import CLASSES, Scorecard

TILE_WIDTH, TILE_HEIGHT, GAP = 86, 40, 4

# Column, row and short name of each province: rough geography, equal tiles.
TILES: Mapping[str, tuple[int, int, str]] = {
    "12": (0, 0, "Lai Châu"),
    "15": (1, 0, "Lào Cai"),
    "08": (2, 0, "Tuyên Quang"),
    "04": (3, 0, "Cao Bằng"),
    "11": (0, 1, "Điện Biên"),
    "14": (1, 1, "Sơn La"),
    "19": (2, 1, "Thái Nguyên"),
    "20": (3, 1, "Lạng Sơn"),
    "25": (1, 2, "Phú Thọ"),
    "01": (2, 2, "Hà Nội"),
    "24": (3, 2, "Bắc Ninh"),
    "22": (4, 2, "Quảng Ninh"),
    "37": (2, 3, "Ninh Bình"),
    "33": (3, 3, "Hưng Yên"),
    "31": (4, 3, "Hải Phòng"),
    "38": (2, 4, "Thanh Hóa"),
    "40": (2, 5, "Nghệ An"),
    "42": (3, 6, "Hà Tĩnh"),
    "44": (3, 7, "Quảng Trị"),
    "46": (3, 8, "Huế"),
    "48": (4, 8, "Đà Nẵng"),
    "51": (4, 9, "Quảng Ngãi"),
    "52": (4, 10, "Gia Lai"),
    "66": (4, 11, "Đắk Lắk"),
    "68": (3, 12, "Lâm Đồng"),
    "56": (4, 12, "Khánh Hòa"),
    "80": (1, 13, "Tây Ninh"),
    "75": (2, 13, "Đồng Nai"),
    "91": (0, 14, "An Giang"),
    "82": (1, 14, "Đồng Tháp"),
    "79": (2, 14, "TP.HCM"),
    "92": (0, 15, "Cần Thơ"),
    "86": (1, 15, "Vĩnh Long"),
    "96": (0, 16, "Cà Mau"),
}
# The two archipelagos: special zones of their provinces, drawn where they lie.
ISLANDS: Mapping[str, tuple[int, int, str]] = {
    "48": (6, 8, "map.paracel"),
    "56": (6, 13, "map.spratly"),
}
# Upper bounds (shares of 1, exclusive) of the steps of the overdue rate, after exactly nothing.
STEPS = (0.05, 0.10, 0.20)


@dataclass(frozen=True, slots=True)
class Segment:
    """Part of a bar; where it begins and its width are written no finer than is seen."""

    status_class: str
    count: int
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Tile:
    code: str
    label: str
    x: int
    y: int
    step: int | None
    card: Scorecard | None


def segments(card: Scorecard, width: float) -> list[Segment]:
    """A bar of ``width`` cut by class, in the order of :data:`CLASSES`; empty without tasks."""
    drawn: list[Segment] = []
    x = 0.0
    for status_class in CLASSES if card.tasks else ():
        count = card.count(status_class)
        if count:
            share = width * count / card.tasks
            drawn.append(Segment(status_class, count, f"{x:.4g}", f"{share:.4g}"))
            x += share
    return drawn


def step_of(overdue_rate: float | None) -> int | None:
    """0 for nothing overdue, 1 to 4 for more and more; None where there are no tasks."""
    if overdue_rate is None:
        return None
    return 0 if overdue_rate == 0 else 1 + sum(overdue_rate >= bound for bound in STEPS)


def tiles(cards: Iterable[Scorecard]) -> list[Tile]:
    """A tile for every province; one that the layout does not know yet stands in the last row."""
    by_code = {card.organisation_code: card for card in cards if card.kind == "province"}
    placed = dict(TILES)
    last = max(row for _, row, _ in TILES.values()) + 2
    for number, code in enumerate(sorted(set(by_code) - set(TILES))):
        placed[code] = (number % 7, last + number // 7, by_code[code].name)
    return [_tile(code, by_code.get(code), *place) for code, place in placed.items()]


def islands(cards: Iterable[Scorecard]) -> list[Tile]:
    """The tiles of the archipelagos, coloured as their province; ``label`` is a key of texts."""
    by_code = {card.organisation_code: card for card in cards if card.kind == "province"}
    return [_tile(code, by_code.get(code), *place) for code, place in ISLANDS.items()]


def worst_first(cards: Iterable[Scorecard]) -> list[Scorecard]:
    """Bodies whose places nobody recorded: highest overdue rate first, those without tasks last."""
    return sorted(
        cards,
        key=lambda card: (
            card.overdue_rate is None,
            -(card.overdue_rate or 0),
            -card.open_overdue,
            card.organisation_code,
        ),
    )


def map_size(drawn: Iterable[Tile]) -> tuple[int, int]:
    """Width and height of the map that holds these tiles."""
    placed = list(drawn)
    return (
        max(tile.x for tile in placed) + TILE_WIDTH + 1,
        max(tile.y for tile in placed) + TILE_HEIGHT + 1,
    )


def _tile(code: str, card: Scorecard | None, column: int, row: int, label: str) -> Tile:
    step = step_of(card.overdue_rate) if card else None
    return Tile(code, label, column * (TILE_WIDTH + GAP), row * (TILE_HEIGHT + GAP), step, card)
