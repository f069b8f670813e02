"""Why a delivery or a record is refused: the kinds of defect this package can name.

Each kind has its Vietnamese and English text in ``dbt_project/seeds/defect_kinds.csv``; a test
holds the two lists together.
"""

from __future__ import annotations

from typing import Final

# The whole delivery is refused.
EMPTY: Final = "file.empty"
NOT_WHAT_IT_SAYS: Final = "file.not_what_it_says"
UNSUPPORTED: Final = "file.unsupported"
ENCODING_UNKNOWN: Final = "file.encoding_unknown"
TOO_LARGE: Final = "file.too_large"
TOO_DEEP: Final = "file.too_deep"
TOO_WIDE: Final = "file.too_wide"
DIALECT_UNCLEAR: Final = "file.dialect_unclear"
HEADER_MISMATCH: Final = "file.header_mismatch"
SEVERAL_TABLES: Final = "file.several_tables"
ARCHIVE_PATH: Final = "file.archive_path"
ARCHIVE_BOMB: Final = "file.archive_bomb"
ARCHIVE_DAMAGED: Final = "file.archive_damaged"
ARCHIVE_NESTED: Final = "file.archive_nested"
ENCRYPTED: Final = "file.encrypted"
MEMBER_MISSING: Final = "file.member_missing"
SHEET_MISSING: Final = "file.sheet_missing"
WORKBOOK_DAMAGED: Final = "file.workbook_damaged"
JSON_INVALID: Final = "file.json_invalid"
JSON_NUMBER: Final = "file.json_number"
JSON_DUPLICATE_KEY: Final = "file.json_duplicate_key"
XML_INVALID: Final = "file.xml_invalid"
XML_FORBIDDEN: Final = "file.xml_forbidden"
RECORDS_MISSING: Final = "file.records_missing"
READER_DIED: Final = "file.reader_died"
TIMEOUT: Final = "file.timeout"

# One record is damaged; the rest of the delivery goes on.
RAGGED_ROW: Final = "file.ragged_row"
STRAY_QUOTE: Final = "file.stray_quote"
BAD_CHARACTER: Final = "file.bad_character"
REPEATED_HEADER: Final = "file.repeated_header"
LINE_INVALID: Final = "file.line_invalid"
FORMULA_WITHOUT_VALUE: Final = "file.formula_without_value"

DELIVERY_KINDS: Final = frozenset(
    {
        EMPTY,
        NOT_WHAT_IT_SAYS,
        UNSUPPORTED,
        ENCODING_UNKNOWN,
        TOO_LARGE,
        TOO_DEEP,
        TOO_WIDE,
        DIALECT_UNCLEAR,
        HEADER_MISMATCH,
        SEVERAL_TABLES,
        ARCHIVE_PATH,
        ARCHIVE_BOMB,
        ARCHIVE_DAMAGED,
        ARCHIVE_NESTED,
        ENCRYPTED,
        MEMBER_MISSING,
        SHEET_MISSING,
        WORKBOOK_DAMAGED,
        JSON_INVALID,
        JSON_NUMBER,
        JSON_DUPLICATE_KEY,
        XML_INVALID,
        XML_FORBIDDEN,
        RECORDS_MISSING,
        READER_DIED,
        TIMEOUT,
    }
)
RECORD_KINDS: Final = frozenset(
    {
        RAGGED_ROW,
        STRAY_QUOTE,
        BAD_CHARACTER,
        REPEATED_HEADER,
        LINE_INVALID,
        FORMULA_WITHOUT_VALUE,
    }
)


class Refusal(Exception):  # noqa: N818 - it is a verdict on a delivery, not an error of ours
    """The delivery is refused for ``kind``; ``detail`` is technical English for the receipt."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"{kind}: {detail}")
