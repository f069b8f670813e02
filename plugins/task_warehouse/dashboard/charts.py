"""Charts with axes, drawn once by Vega-Lite to SVG that stands in the page without script.

What has thousands of pieces on a page (bars of parts, tiles) is plain rectangles in a template;
small trend lines of thousands of bodies come from one specification, drawn in one call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import vl_convert

from task_warehouse.dashboard.topic_rows import Indicator, IndicatorValue, TrendPoint
from task_warehouse.dashboard.wording import Wording

Spec = dict[str, Any]

# The palette of page.css.
INK, SOFT, LINE = "#16222e", "#4d5b68", "#d5dbe1"
DONE, LATE, OPEN, BRAND = "#1f7a4d", "#b3261e", "#4a7bab", "#17324d"
SPARK_WIDTH, SPARK_HEIGHT = 56, 14
SPARKS_A_CALL = 1000

_NUMBERS = {
    "vi": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", ""]},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""]},
}
_CONFIG: Spec = {
    "background": None,
    "font": "Segoe UI, Noto Sans, Roboto, Liberation Sans, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": SOFT,
        "titleColor": SOFT,
        "gridColor": LINE,
        "domainColor": SOFT,
        "tickColor": LINE,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "text": {"fontSize": 12, "color": INK},
}
_ROOT = re.compile(r"^<svg [^>]*?(viewBox=\"[^\"]+\")>")
_NOISE = re.compile(
    r" (?:role|aria-roledescription|aria-label|aria-hidden|class|pointer-events|xmlns(?::xlink)?)"
    r'="[^"]*"'
)
_SPARK = "#010203"
_NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")
_PATH = re.compile(rf'<path [^>]*?d="(M[^"]*)"[^>]*stroke="{_SPARK}"')


def trend(points: Sequence[TrendPoint], words: Wording) -> str:
    """Completed and overdue of today's tasks, week by week; empty for fewer than two weeks."""
    if len(points) < 2:
        return ""
    series = (
        ("completed", words.text("nation.completed"), DONE, [1, 0]),
        ("overdue", words.text("trend.overdue"), LATE, [5, 3]),
    )
    values = [
        {"day": words.short_day(p.day), "n": getattr(p, name), "what": said}
        for name, said, _, _ in series
        for p in points
    ]
    line: Spec = {
        "mark": {"type": "line", "strokeWidth": 2.5},
        "encoding": {"strokeDash": {**_scaled("what", series, 3), "legend": None}},
    }
    label: Spec = {
        "data": {"values": values[len(points) - 1 :: len(points)]},
        "mark": {"type": "text", "align": "left", "dx": 6},
        "encoding": {"text": {"field": "what"}},
    }
    spec: Spec = {
        "width": 560,
        "height": 170,
        "data": {"values": values},
        "encoding": {
            "x": _days(words.short_day(point.day) for point in points[::-2]),
            "y": {
                "field": "n",
                "type": "quantitative",
                "axis": _axis(words.text("nation.tasks"), ",d"),
            },
            "color": {**_scaled("what", series, 2), "legend": None},
        },
        "layer": [line, {"mark": {"type": "point", "filled": True, "size": 22}}, label],
    }
    return _draw(spec, words, words.text("trend.alt", weeks=len(points) - 1))


def indicator(row: Indicator, values: Sequence[IndicatorValue], words: Wording) -> str:
    """Values against the path from baseline to target, with forecast and its interval."""
    known = [{"day": v.period_end_on.isoformat(), "n": v.value} for v in values]
    path = _path(row, values)
    if not known or (len(known) < 2 and not path):
        return ""
    layers: list[Spec] = [
        {
            "data": {"values": known},
            "mark": {"type": "line", "color": BRAND, "strokeWidth": 2.5, "point": {"color": BRAND}},
        }
    ]
    if path:
        layers += [
            {
                "data": {"values": path},
                "mark": {"type": "line", "color": SOFT, "strokeDash": [4, 3]},
            },
            {
                "data": {"values": path[-1:]},
                "mark": {"type": "point", "shape": "diamond", "size": 70, "color": INK},
            },
        ]
    if row.forecast_on_target_date is not None and row.target_on is not None:
        layers += _forecast(row)
    spec: Spec = {
        "width": 250,
        "height": 110,
        "encoding": {
            "x": {
                "field": "day",
                "type": "temporal",
                "axis": {
                    "title": None,
                    "format": "%Y",
                    "tickCount": {"interval": "year", "step": 2},
                    "grid": False,
                    "labelOverlap": True,
                },
            },
            "y": {
                "field": "n",
                "type": "quantitative",
                "scale": {"zero": False},
                "axis": _axis(row.unit or ""),
            },
        },
        "layer": layers,
    }
    return _draw(spec, words, words.text("indicators.alt", name=row.name))


def bars(rows: Iterable[tuple[str, int]], words: Wording, said: str) -> str:
    """Lying bars with their numbers, longest first."""
    values = [{"what": what, "n": n} for what, n in rows]
    spec: Spec = {
        "width": 420,
        "height": {"step": 24},
        "data": {"values": values},
        "encoding": {
            "y": {
                "field": "what",
                "type": "nominal",
                "sort": None,
                "axis": {
                    "title": None,
                    "domain": False,
                    "ticks": False,
                    "labelLimit": 260,
                    "labelColor": INK,
                },
            },
            "x": {"field": "n", "type": "quantitative", "axis": None},
        },
        "layer": [
            {"mark": {"type": "bar", "color": OPEN, "height": 12}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5},
                "encoding": {"text": {"field": "n", "format": ","}},
            },
        ],
    }
    return _draw(spec, words, said) if values else ""


def sparks(series: Mapping[str, Sequence[float | None]]) -> dict[str, str]:
    """The ``d`` of a small line for each body, all on one scale from 0 to 1.

    A body with fewer than two values has none. One call draws a thousand lines.
    """
    drawn: dict[str, str] = {}
    able = [code for code, line in series.items() if sum(v is not None for v in line) > 1]
    for start in range(0, len(able), SPARKS_A_CALL):
        codes = able[start : start + SPARKS_A_CALL]
        values = [
            {"k": number, "x": x, "y": value}
            for number, code in enumerate(codes)
            for x, value in enumerate(series[code])
            if value is not None
        ]
        spec: Spec = {
            "width": SPARK_WIDTH,
            "height": SPARK_HEIGHT,
            "data": {"values": values},
            "mark": {"type": "line", "color": _SPARK},
            "encoding": {
                "x": {"field": "x", "type": "quantitative", "axis": None},
                "y": {
                    "field": "y",
                    "type": "quantitative",
                    "axis": None,
                    "scale": {"domain": [0, 1]},
                },
                "detail": {"field": "k", "type": "nominal"},
            },
        }
        paths = [_tenths(path) for path in _PATH.findall(vl_convert.vegalite_to_svg(spec))]
        assert len(paths) == len(codes), f"{len(paths)} lines for {len(codes)} bodies"
        drawn.update(zip(codes, paths, strict=True))
    return drawn


def _tenths(path: str) -> str:
    """A line from point to point, to a tenth of a unit: less than anybody sees."""
    return "M" + " ".join(
        f"{float(number):.1f}".removesuffix(".0") for number in _NUMBER.findall(path)
    )


def _draw(spec: Spec, words: Wording, said: str) -> str:
    svg = vl_convert.vegalite_to_svg(
        {**spec, "config": _CONFIG}, format_locale=_NUMBERS[words.language]
    )
    root = _ROOT.match(svg)
    assert root, "Vega-Lite drew something else"
    inner = _NOISE.sub("", svg[root.end() :])
    return f'<svg class="chart" role="img" {root.group(1)} aria-label="{_quoted(said)}">{inner}'


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _axis(title: str, form: str = ",~f") -> Spec:
    return {"title": title or None, "format": form, "tickCount": 4, "domain": False, "ticks": False}


def _days(shown: Iterable[str]) -> Spec:
    return {
        "field": "day",
        "type": "ordinal",
        "sort": None,
        "axis": {"title": None, "values": list(shown), "labelAngle": 0, "grid": False},
    }


def _scaled(field: str, series: Sequence[tuple[Any, ...]], place: int) -> Spec:
    scale = {"domain": [row[1] for row in series], "range": [row[place] for row in series]}
    return {"field": field, "type": "nominal", "scale": scale}


def _path(row: Indicator, values: Sequence[IndicatorValue]) -> list[Spec]:
    """From the baseline (else the first value) to the target; empty where there is no target."""
    if row.target is None or row.target_on is None:
        return []
    start: tuple[date, float] | None = None
    if row.baseline is not None and row.baseline_on is not None:
        start = (row.baseline_on, row.baseline)
    elif values:
        start = (values[0].period_end_on, values[0].value)
    ends = [*([start] if start else []), (row.target_on, row.target)]
    return [{"day": day.isoformat(), "n": n} for day, n in ends]


def _forecast(row: Indicator) -> list[Spec]:
    assert row.target_on is not None
    point = {
        "day": row.target_on.isoformat(),
        "n": row.forecast_on_target_date,
        "low": row.forecast_low,
        "high": row.forecast_high,
    }
    return [
        {
            "data": {"values": [point]},
            "mark": {"type": "rule", "color": OPEN, "strokeWidth": 5, "opacity": 0.5},
            "encoding": {"y": {"field": "low"}, "y2": {"field": "high"}},
        },
        {
            "data": {"values": [point]},
            "mark": {"type": "point", "filled": True, "size": 50, "color": OPEN},
        },
    ]
