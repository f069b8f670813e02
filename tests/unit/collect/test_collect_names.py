"""Names and listings that others chose, whatever they are."""

from __future__ import annotations

import posixpath
from xml.parsers import expat

from hypothesis import example, given
from hypothesis import strategies as st

from task_warehouse.transports.names import climbs_out, shown
from task_warehouse.transports.page_reader import objects_of

PARTS = st.sampled_from(["..", ".", "", "a", "b.csv", "ẩn", "\udcff", "…"]) | st.text(max_size=4)


@given(st.lists(PARTS, min_size=1, max_size=6).map("/".join))
@example("../a.csv")
@example("/etc/passwd")
@example("a/../../b")
@example("a\0b")
def test_a_name_that_does_not_climb_out_stays_inside(name: str) -> None:
    if not climbs_out(name):
        inside = posixpath.normpath(posixpath.join("/drop", name))
        assert inside == f"/drop/{name}"


@given(st.lists(PARTS, min_size=1, max_size=4).map("/".join))
def test_any_name_can_be_written_into_a_receipt(name: str) -> None:
    assert shown(name).encode() == shown(shown(name)).encode()


TAGS = ["<ListBucketResult>", "</ListBucketResult>", "<Contents>", "</Contents>", "<Key>"]
MORE = ["</Key>", "<Size>", "</Size>", "<!DOCTYPE a>", "<IsTruncated>true</IsTruncated>", "&b;"]


@given(st.lists(st.sampled_from(TAGS + MORE) | st.text(max_size=3), max_size=20).map("".join))
@example("<ListBucketResult><Contents><Key>a</Key><Size>²</Size></Contents></ListBucketResult>")
@example("<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>")
def test_any_listing_is_read_or_refused(text: str) -> None:
    try:
        found = objects_of(text.encode("utf-8", "surrogatepass"))
    except (ValueError, expat.ExpatError):
        return
    assert all(key and size >= 0 for key, size, _, _ in found["objects"])
