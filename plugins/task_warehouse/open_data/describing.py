"""The extract's descriptions: Frictionless Data Package, CSVW metadata, and a page to read first.

Rules: Frictionless Data Package 1.0 (specs.frictionlessdata.io), CSV on the Web (W3C, 2015).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from task_warehouse.open_data.tables import SMALLEST
from task_warehouse.snapshots import Manifest

if TYPE_CHECKING:
    from task_warehouse.open_data.writing import Column, Written

PACKAGE = "datapackage.json"
CSVW = "csv-metadata.json"
README = "README.md"
TITLE = ("Tình hình thực hiện nhiệm vụ: dữ liệu mở", "Progress on assigned tasks: open data")
CONTENT = (
    "Số liệu tổng hợp theo cơ quan, văn bản, chỉ tiêu; không có nội dung nhiệm vụ, báo cáo.",
    "Aggregates by organisation, document and indicator; no text of a task or report.",
)
SMALL_VI = f"""\
Phản ánh, kiến nghị: không công bố dòng tiếp nhận dưới {SMALLEST} lượt; nếu chỉ một cơ quan bị ẩn \
thì cơ quan nhỏ kế tiếp cũng được ẩn. Các bảng khác đếm nhiệm vụ và lần gửi của cơ quan nhà \
nước, không đếm người, nên không ẩn số nhỏ."""
SMALL_EN = f"""\
Feedback: rows of fewer than {SMALLEST} items received are withheld; where that is one body only, \
the next smallest is withheld too. The other tables count tasks and deliveries of public bodies, \
not persons, so small counts stay."""
SMALL = (SMALL_VI, SMALL_EN)
NO_LICENCE = (
    "Đơn vị công bố chưa nêu giấy phép sử dụng.",
    "The publisher has stated no licence.",
)
FRICTIONLESS = {
    "DATE": "date",
    "BOOLEAN": "boolean",
    "DOUBLE": "number",
    "DECIMAL": "number",
    "VARCHAR": "string",
}
W3C = {"date": "date", "boolean": "boolean", "number": "double", "string": "string"}

Licence = tuple[str, str | None] | None


def write(folder: Path, manifest: Manifest, written: Sequence[Written], licence: Licence) -> None:
    """Write the three descriptions beside the CSV files."""
    _json(folder / PACKAGE, package(manifest, written, licence))
    _json(folder / CSVW, csvw(manifest, written, licence))
    (folder / README).write_text(_readme(manifest, written, licence), encoding="utf-8")


def _json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def package(manifest: Manifest, written: Sequence[Written], licence: Licence) -> dict[str, Any]:
    """The Frictionless descriptor."""
    content: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": "task-progress",
        "id": manifest.snapshot_id,
        "title": " / ".join(TITLE),
        "description": "\n\n".join((*CONTENT, *SMALL)),
        "version": manifest.as_of_date.isoformat(),
        "created": manifest.published_at.isoformat(),
        "resources": [_resource(each, written) for each in written],
    }
    if licence:
        named = {"name": licence[0]} | ({"path": licence[1]} if licence[1] else {})
        content["licenses"] = [named]
    return content


def _resource(one: Written, written: Sequence[Written]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(column, one.table.key) for column in one.columns],
        "primaryKey": list(one.table.key),
        "missingValues": [""],
    }
    if one.table.has_bodies and any(each.table.name == "organisations" for each in written):
        schema["foreignKeys"] = [
            {
                "fields": ["organisation_code"],
                "reference": {"resource": "organisations", "fields": ["organisation_code"]},
            }
        ]
    return {
        "name": one.table.name,
        "path": f"{one.table.name}.csv",
        "profile": "tabular-data-resource",
        "title": " / ".join(one.table.title),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": one.size,
        "hash": f"sha256:{one.sha256}",
        "dialect": {"lineTerminator": "\r\n"},
        "schema": schema,
    }


def _kind(column: Column) -> str:
    return FRICTIONLESS.get(column.kind.partition("(")[0], "integer")


def _field(column: Column, key: Sequence[str]) -> dict[str, Any]:
    vietnamese, english = column.description
    said: dict[str, Any] = {
        "name": column.name,
        "type": _kind(column),
        "title": vietnamese,
        "description": english,
    }
    if column.name in key:
        said["constraints"] = {"required": True}
    return said


def csvw(manifest: Manifest, written: Sequence[Written], licence: Licence) -> dict[str, Any]:
    """The CSVW table group, descriptions in both languages."""
    group: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "vi"}],
        "dc:title": _languages(TITLE),
        "dc:description": _languages((f"{CONTENT[0]} {SMALL[0]}", f"{CONTENT[1]} {SMALL[1]}")),
        "dc:issued": {"@value": manifest.published_at.isoformat(), "@type": "xsd:dateTime"},
        "tables": [_csvw_table(each) for each in written],
    }
    if licence and licence[1]:
        group["dc:license"] = {"@id": licence[1]}
    return group


def _csvw_table(one: Written) -> dict[str, Any]:
    columns = [
        {
            "name": column.name,
            "titles": column.name,
            "dc:description": _languages(column.description),
            "datatype": "integer" if _kind(column) == "integer" else W3C[_kind(column)],
            "required": column.name in one.table.key,
        }
        for column in one.columns
    ]
    return {
        "url": f"{one.table.name}.csv",
        "dc:title": _languages(one.table.title),
        "tableSchema": {"columns": columns, "primaryKey": list(one.table.key)},
    }


def _languages(both: tuple[str, str]) -> list[dict[str, str]]:
    return [
        {"@value": text, "@language": code} for text, code in zip(both, ("vi", "en"), strict=True)
    ]


def _readme(manifest: Manifest, written: Sequence[Written], licence: Licence) -> str:
    said = " ".join(part for part in licence if part) if licence else " / ".join(NO_LICENCE)
    lines = [f"# {TITLE[0]}", "", f"{TITLE[1]}. {manifest.as_of_date:%d/%m/%Y}.", ""]
    lines += [*CONTENT, "", *SMALL, "", f"Giấy phép / Licence: {said}", ""]
    for one in written:
        lines += [
            f"## {one.table.name}.csv",
            "",
            " / ".join(one.table.title) + f" ({one.rows})",
            "",
        ]
        lines += [f"- `{c.name}`: {c.description[0]} / {c.description[1]}" for c in one.columns]
        lines.append("")
    return "\n".join(lines)
