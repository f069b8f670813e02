"""One delivery, from its bytes to the text table: what it is, and which reader takes it."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from task_warehouse.reading import archives, refusal, sniffing
from task_warehouse.reading.archives import Allowance
from task_warehouse.reading.delimited import read_delimited
from task_warehouse.reading.encodings import Encoding, find_encoding, utf_8_chunks, whole_text
from task_warehouse.reading.refusal import Refusal
from task_warehouse.reading.request import Limits, ReadRequest
from task_warehouse.reading.tables import Layout, TextSink

HEAD = 64 * 1024
LINE_LIMIT = 64 * 1024 * 1024


def read_delivery(request: ReadRequest, limits: Limits, sink: TextSink, scratch: Path) -> None:
    """Read one delivery into ``sink``. Raises Refusal where the whole delivery is refused."""
    size = request.path.stat().st_size
    if size > limits.input_bytes:
        raise Refusal(refusal.TOO_LARGE, f"{size} bytes, at most {limits.input_bytes} are read")
    allowance = Allowance(limits, packed=size)
    with request.path.open("rb") as stream:
        _read_payload(_Payload(request, limits, sink, scratch, allowance), "", stream, level=0)
    sink.flush()


class _Payload:
    """What all parts of one delivery share."""

    def __init__(
        self,
        request: ReadRequest,
        limits: Limits,
        sink: TextSink,
        scratch: Path,
        allowance: Allowance,
    ) -> None:
        self.request = request
        self.limits = limits
        self.sink = sink
        self.scratch = scratch
        self.allowance = allowance


def _read_payload(payload: _Payload, part: str, stream: BinaryIO, *, level: int) -> None:
    """A plain file, or the members of an archive, each by the reader its content asks for."""
    head = stream.read(HEAD)
    stream.seek(0)
    if not head:
        raise Refusal(refusal.EMPTY, "the file holds no byte" + (f" ({part})" if part else ""))
    found = sniffing.container(head)
    if found == sniffing.ZIP and archives.is_workbook(stream):
        found = sniffing.XLSX
    claimed = sniffing.claimed_format(payload.request.format, part or payload.request.name)
    if found in sniffing.ARCHIVES:
        _read_members(payload, part, found, stream, level=level)
        return
    if claimed in sniffing.ARCHIVES and part == "" and level == 0:
        raise Refusal(refusal.NOT_WHAT_IT_SAYS, f"named as {claimed}, but it is not one")
    if found is None:
        _read_text(payload, part, claimed, head, stream)
        return
    _must_agree(claimed, found)
    from task_warehouse.reading.workbook import read_workbook

    read_workbook(
        stream, part, found, payload.request, payload.limits, payload.sink, payload.allowance
    )


def _read_members(payload: _Payload, part: str, kind: str, stream: BinaryIO, *, level: int) -> None:
    if level >= archives.DEEPEST:
        raise Refusal(refusal.ARCHIVE_NESTED, f"archives nested more than {archives.DEEPEST} deep")
    pattern = payload.request.member
    for name, member in archives.members(kind, stream, pattern, payload.allowance, payload.scratch):
        inner = "/".join(filter(None, (part, name)))
        _read_payload(payload, inner, member, level=level + 1)


def _must_agree(claimed: str | None, found: str) -> None:
    if not sniffing.agree(claimed, found):
        raise Refusal(refusal.NOT_WHAT_IT_SAYS, f"named or declared {claimed}, holds {found}")


def _read_text(
    payload: _Payload, part: str, claimed: str | None, head: bytes, stream: BinaryIO
) -> None:
    request, limits = payload.request, payload.limits
    encoding = _text_encoding(stream, head, request)
    wide = encoding.name.startswith("utf-16")
    beginning = head[encoding.bom :].decode(encoding.name if wide else "latin-1", "replace")
    if claimed in sniffing.DOCUMENTS and not beginning.strip():
        raise Refusal(refusal.EMPTY, f"nothing but blanks where {claimed} should begin")
    found = sniffing.text_format(beginning)
    if request.format and {claimed, found} == {sniffing.JSON, sniffing.NDJSON}:
        found = claimed or found  # a declared document is read whole or not at all, pages and all
    if claimed == sniffing.NDJSON and found == sniffing.JSON:
        found = sniffing.NDJSON
    _must_agree(claimed, found)
    layout = Layout(part, found, encoding.name, notes=list(encoding.notes))
    hints = request.header_hints
    if found == sniffing.CSV:
        chunks = utf_8_chunks(stream, encoding, LINE_LIMIT)
        delimiter = request.delimiter or ("\t" if request.format == "tsv" else None)
        read_delimited(chunks, layout, payload.sink, limits, delimiter, hints)
    elif found == sniffing.NDJSON:
        from task_warehouse.reading.json_records import read_json_lines

        chunks = utf_8_chunks(stream, encoding, LINE_LIMIT)
        read_json_lines(chunks, request.records, layout, payload.sink, limits)
    elif found == sniffing.JSON:
        from task_warehouse.reading.json_records import read_json

        text = whole_text(stream, encoding, limits.document_bytes)
        read_json(text, request.records, layout, payload.sink, limits)
    else:
        from task_warehouse.reading.xml_records import read_xml

        read_xml(stream, encoding, request.records, layout, payload.sink, limits)


def _text_encoding(stream: BinaryIO, head: bytes, request: ReadRequest) -> Encoding:
    binary = sniffing.looks_binary(head)
    try:
        encoding = find_encoding(stream, request.encoding or sniffing.stated_encoding(head))
    except Refusal:
        if not binary:
            raise
    else:
        if not binary or encoding.name.startswith("utf-16"):
            return encoding
    raise Refusal(refusal.NOT_WHAT_IT_SAYS, "the content is neither text nor a known format")
