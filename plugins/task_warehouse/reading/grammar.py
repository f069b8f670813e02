"""The grammar of one CSV dialect as regular expressions over UTF-8 octets.

*Strict* is RFC 4180: a quote opens a field only at its start and closes it only at its end.
*Lenient* lets quotes stand inside an unquoted field, where every reader takes them as text.
Possessive quantifiers keep the matching linear: nothing is ever tried twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written.

    ``quote`` None: quotes are ordinary text. ``escape``: a character that protects a quote, else
    quotes are doubled. ``padded``: spaces stand between a delimiter and a quote. ``newline`` is
    the last octet of a line end.
    """

    delimiter: str
    quote: str | None = '"'
    escape: str | None = None
    padded: bool = False
    newline: str = "\n"

    def but(self, **changes: object) -> Dialect:
        return replace(self, **changes)  # type: ignore[arg-type]


class Grammar:
    """Compiled expressions of a dialect for records of ``width`` fields (0: any width)."""

    def __init__(self, dialect: Dialect, width: int) -> None:
        self.dialect = dialect
        self.width = width
        self.delimiter = dialect.delimiter.encode()
        self.quote = (dialect.quote or "").encode()
        self.escape = (dialect.escape or "").encode()
        self.newline = dialect.newline.encode()
        delimiter, quote = re.escape(self.delimiter), re.escape(self.quote)
        feeds = dialect.newline == "\n"
        end, clean_end = (rb"\r?\n", rb"\r?\n") if feeds else (rb"\r\n?", rb"\r(?!\n)")
        plain = self._plain(quote)
        quoted = self._quoted() if quote else b""
        field = rb"(?:" + quoted + rb"|" + plain + rb")" if quote else plain
        self.field = re.compile(field)
        self.record = re.compile(field + rb"(?:" + delimiter + field + rb")*+" + end)
        rest = rb"(?:" + delimiter + field + rb"){%d}" % max(width - 1, 0)
        # In a table of one column an empty line is not a record.
        first = field if width > 1 else rb"(?!" + end + rb")" + field
        self.clean = re.compile(rb"(?:" + first + rest + clean_end + rb")*+")
        opening = rb"(?:" + field + delimiter + rb")*+ *+" + quote
        self.unclosed = re.compile(opening + self._inside() + rb"\Z") if quote else None
        self.lenient_field = re.compile(self._lenient(quoted))

    def _plain(self, quote: bytes) -> bytes:
        """An unquoted field; the line end that this file does not use is text in it."""
        delimiter = re.escape(self.delimiter)
        if self.newline == b"\r":
            other, stop = b"", rb"\r"
        else:
            other, stop = rb"\r(?!\n)", rb"\r\n"
        escape = re.escape(self.escape)
        if escape and quote and escape != quote:
            inside = rb"[^" + quote + escape + stop + rb"]|" + escape + rb"[\s\S]"
            return rb"(?:(?!" + delimiter + rb")(?:" + inside + rb"))*+"
        if len(self.delimiter) == 1:
            run = rb"[^" + delimiter + quote + stop + rb"]*+"
        else:
            run = rb"(?:(?!" + delimiter + rb")[^" + quote + stop + rb"])*+"
        return run + rb"(?:" + other + run + rb")*+" if other else run

    def _inside(self) -> bytes:
        quote, escape = re.escape(self.quote), re.escape(self.escape)
        if self.escape and self.escape != self.quote:
            return rb"(?:[^" + quote + escape + rb"]|" + escape + rb"[\s\S]|" + quote * 2 + rb")*+"
        return rb"[^" + quote + rb"]*+(?:" + quote * 2 + rb"[^" + quote + rb"]*+)*+"

    def _quoted(self) -> bytes:
        quote = re.escape(self.quote)
        pad = rb" *+" if self.dialect.padded else b""
        return pad + quote + self._inside() + quote + pad

    def _lenient(self, quoted: bytes) -> bytes:
        """A field with quotes inside it, but neither at its beginning nor at its end."""
        anything = self._plain(b"")
        if not self.quote:
            return anything
        quote, stop = re.escape(self.quote), rb"(?=" + re.escape(self.delimiter) + rb"|\Z)"
        unquoted = rb"(?!" + quote + rb")" + anything + rb"(?<!" + quote + rb")"
        return rb"(?:" + quoted + stop + rb"|" + unquoted + stop + rb")"

    def split(self, record: bytes) -> list[bytes]:
        """Fields of a strictly sound record without its line end, still quoted."""
        if not self.quote or self.quote not in record:
            return record.split(self.delimiter)
        return self._split_by(self.field, record) or []

    def split_leniently(self, line: bytes) -> list[bytes] | None:
        """Fields of one line whose quotes stand inside unquoted fields; None if it is damaged."""
        return self._split_by(self.lenient_field, line)

    def _split_by(self, pattern: re.Pattern[bytes], body: bytes) -> list[bytes] | None:
        fields, place = [], 0
        while True:
            match = pattern.match(body, place)
            if match is None:
                return None
            fields.append(match.group())
            place = match.end()
            if place == len(body):
                return fields
            if not body.startswith(self.delimiter, place):
                return None
            place += len(self.delimiter)

    def value(self, field: bytes) -> bytes:
        """The text of a field without its quotes and escapes."""
        if not self.quote:
            return field
        core = field.strip(b" ") if self.dialect.padded else field
        if len(core) < 2 or not (core.startswith(self.quote) and core.endswith(self.quote)):
            return self._unescaped(field) if self.escape else field
        if self.escape and self.escape != self.quote:
            return self._unescaped(core[1:-1])
        return core[1:-1].replace(self.quote * 2, self.quote)

    def _unescaped(self, text: bytes) -> bytes:
        """Escapes of what has a meaning in the dialect; a path such as C:\\temp is left alone."""
        quote, escape = re.escape(self.quote), re.escape(self.escape)
        meant = rb"[" + quote + escape + re.escape(self.delimiter) + rb"\r\n]"
        pattern = escape + rb"(" + meant + rb")|" + quote * 2
        return re.sub(pattern, lambda match: match.group(1) or self.quote, text)


@lru_cache(maxsize=512)
def grammar(dialect: Dialect, width: int) -> Grammar:
    """The compiled grammar; the same few dialects come again in thousands of files."""
    return Grammar(dialect, width)
