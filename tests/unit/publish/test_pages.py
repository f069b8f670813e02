"""The pages: what they say; every figure leads to its tasks; hostile text is only text."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
import pytest
from publish_marts import ALL, AS_OF, publish_small, write_build

from task_warehouse.dashboard import moved, pages, related
from task_warehouse.dashboard.facts import CLASSES, LISTED_PER_CLASS
from task_warehouse.dashboard.limits import LIMITS
from task_warehouse.dashboard.moved import LISTED_OF_NATION
from task_warehouse.dashboard.topic_queries import LISTED_FINDINGS
from task_warehouse.errors import AuditError
from task_warehouse.settings import Home
from task_warehouse.snapshots import Manifest

OF_ONE_PROVINCE = "update marts.dim_organisation set parent_code = '01' where kind = 'commune'"
# Where a figure leads to what it is made of, each part of which leads on to its rows.
MADE_OF = {
    "classes",
    "parts",
    "bodies",
    "substance",
    "moved",
    "communes",
    "rejects",
    "everything",
}
SOON = ("due_in_7_days", "due_in_3_days", "due_in_4_to_7_days")
IN_PARTS = {
    "list": ("list", *SOON),
    "due_in_7_days": SOON,
    "tasks": (*CLASSES, *SOON, "due_later"),
    "completed": ("completed_late", "completed_on_time", "completed_undated"),
    "open_in_term": ("open_in_term", *SOON, "due_later"),
    "open-feedback": ("late-feedback", "wait-feedback"),
    "open-recommendation": ("late-recommendation", "wait-recommendation"),
}
# Figures that lead nowhere, by the class of their table or the heading they stand under, and why
# that is honest. A share, a change and a rank say enough beside a link to what they are made of.
UNLINKED = {
    "tasks": "the row is the record itself and names its delivery and line",
    "reporting": "the row is the record itself",
    "differences": "the row is the record: what a sender stated beside what was counted",
    "feedback": "what was answered is counted and never listed: people sent it",
    "repairs": "a history of refusals; those of the newest deliveries are linked above it",
    "scores": "a score is no count; the page's own causes and lines are linked",
    "values": "values of an indicator as its source sent them",
    "longest": "the days of the longest of the tasks that the row leads to",
    "past": "what earlier mornings counted; today's tasks are linked where they are counted",
}
BESIDE_A_LINK = re.compile(r"[−+].*|.*%")
FIGURE = re.compile(r"\s*[−+]?\d[\d.,]*%?\s*")
ROWS = {"tr", "li", "dd", "p"}
VOID = {"meta", "link", "input", "br", "img"}
# What ends where one of these begins, or where what it stands in ends (HTML, 13.1.2.4).
ENDED_BY = {
    "td": {"td", "th", "tr", "tbody", "tfoot"},
    "th": {"td", "th", "tr", "tbody", "tfoot"},
    "tr": {"tr", "tbody", "tfoot"},
    "caption": {"thead", "tbody"},
    "thead": {"tbody", "tfoot"},
    "tbody": {"tbody", "tfoot"},
    "tfoot": set[str](),
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
}


class Page(HTMLParser):
    """One page, read strictly: what is open must be closed, in order, or ended by what follows."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.texts: list[str] = []
        self.rows_under: dict[str, int] = {}
        self.figures: list[tuple[str, str, set[str], str | None]] = []
        self.behind: dict[str, list[set[str]]] = {}
        self.lang: str | None = None
        self._classes: list[str] = []
        self._rows = [0]  # rows and items that are open, by their number
        self._begun = 0
        self._linked: set[int] = set()
        self._lone: list[tuple[int, str]] = []
        self._heading = ""
        self.feed(path.read_text(encoding="utf-8"))
        assert self.open == [], path
        self.unlinked = [
            said
            for row, said in self._lone
            if row not in self._linked or not BESIDE_A_LINK.fullmatch(said)
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        while self.open and tag in ENDED_BY.get(self.open[-1], ()):
            self._end()
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "html":
            self.lang = named.get("lang")
        if identity := named.get("id"):
            assert identity not in self.ids, f"{identity} twice in {self.path}"
            self.ids.add(identity)
            is_heading = tag in ("h2", "h3", "tbody") or named.get("class") == "group"
            self._heading = identity if is_heading else self._heading
        if tag == "a":
            of = set((named.get("data-of") or "").split())
            sought = named.get("data-find") or named.get("data-due")
            self.figures.append((named.get("href") or "", "", of, sought))
        if tag in ("a", "link", "script") and (target := named.get("href") or named.get("src")):
            self.links.append(target)
        if tag == "tr" and named.get("class") != "group" and "tbody" in self.open:
            self.rows_under[self._heading] = self.rows_under.get(self._heading, 0) + 1
            of = set((named.get("data-of") or "").split())
            self.behind.setdefault(self._heading, []).append(of)
        if tag not in VOID:
            self.open.append(tag)
            self._classes.append(named.get("class") or "")
        if tag in ROWS:
            self._begun += 1
            self._rows.append(self._begun)
        if tag == "a":
            self._linked.add(self._rows[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._end()

    def _end(self) -> str:
        tag = self.open.pop()
        self._classes.pop()
        if tag in ROWS:
            self._rows.pop()
        return tag

    def handle_endtag(self, tag: str) -> None:
        while self.open[-1] != tag and self.open[-1] in ENDED_BY:
            self._end()
        assert self._end() == tag, f"{tag} out of order in {self.path}"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if FIGURE.fullmatch(data) and data.strip() not in ("0", "0%") and "a" not in self.open:
            within = {self._heading, *" ".join(self._classes).split()}
            beside = within & {"count", "rank", "value-line", "group"}
            if self._is_figure() and not beside and not within & set(UNLINKED):
                self._lone.append((self._rows[-1], data.strip()))
        if "a" in self.open:
            href, said, of, sought = self.figures[-1]
            self.figures[-1] = (href, said + data, of, sought)

    def _is_figure(self) -> bool:
        tag, classes = self.open[-1], self._classes[-1].split()
        return tag == "strong" or bool({"n", "value", "figure", "parts-of"} & set(classes))

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


def dashboard_of(home: Home, **build: object) -> Path:
    write_build(home, kinds=ALL, **build)  # type: ignore[arg-type]
    return publish_small(home) / "dashboard"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(tmp_path_factory.mktemp("site"))
    return dashboard_of(home, per_body=9, topics=True, extra=OF_ONE_PROVINCE)


@pytest.fixture(scope="module")
def seen(site: Path) -> dict[Path, Page]:
    """Every page of the site, read once."""
    return {path: Page(path) for path in site.rglob("*.html")}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_every_page_is_well_formed_and_every_link_leads_somewhere(seen: dict[Path, Page]) -> None:
    assert len(seen) > 120
    for path, page in seen.items():
        for link in page.links:
            parts = urlsplit(link)
            assert not parts.scheme, f"{link} in {path} leads outside"
            assert not parts.netloc, f"{link} in {path} leads outside"
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{link} in {path}"
            if parts.fragment:
                assert parts.fragment in seen[target].ids, f"{link} in {path}"


def test_every_page_has_both_languages_and_a_strict_policy(seen: dict[Path, Page]) -> None:
    for path, page in seen.items():
        english = path.name.endswith(".en.html")
        assert page.lang == ("en" if english else "vi")
        counterpart = path.name.replace(".en.html", ".html") if english else f"{path.stem}.en.html"
        assert counterpart in page.links
        policy = [
            v for t, n, v in page.attributes if t == "meta" and n == "content" and "src" in str(v)
        ]
        assert policy
        assert "default-src 'none'" in str(policy[0])
        assert "unsafe" not in str(policy[0])
        for tag, name, _ in page.attributes:
            assert name != "style", f"{tag} in {path}"
            assert not name.startswith("on"), f"{tag} {name} in {path}"
        source = path.read_text(encoding="utf-8")
        assert "<style" not in source
        assert re.findall(r"<script(?! src=)", source) == []
        assert unicodedata.is_normalized("NFC", source)


def test_every_figure_of_a_body_is_the_number_of_tasks_listed_under_it(
    site: Path, seen: dict[Path, Page]
) -> None:
    with duckdb.connect(str(site.parent / "warehouse.duckdb"), read_only=True) as connection:
        names = ", ".join(CLASSES)
        cards = connection.execute(
            f"select organisation_code, {names} from marts.mart_scorecard"
        ).fetchall()
    followed = 0
    for code, *counts in cards:
        for status_class, count in zip(CLASSES, counts, strict=True):
            if code == "VN":
                page, under = seen[site / "class" / f"{status_class}.html"], "list"
            else:
                page, under = seen[site / "body" / f"{code}.html"], status_class
            shown = min(count, LISTED_PER_CLASS) if code == "VN" else count
            listed = sum(page.rows_under.get(part, 0) for part in IN_PARTS.get(under, (under,)))
            assert listed == shown, (code, status_class)
            followed += count
    assert followed > 500


def test_every_figure_of_movement_is_the_number_of_tasks_it_leads_to(
    site: Path, seen: dict[Path, Page]
) -> None:
    with duckdb.connect(str(site.parent / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "unpivot (select organisation_code, period, newly_completed, newly_overdue, "
            "left_overdue, extended from marts.mart_movement) on columns(* exclude "
            "(organisation_code, period)) into name movement value tasks"
        ).fetchall()
    followed = 0
    for code, period, movement, tasks in found:
        if code == "VN":
            page, under = seen[site / "movement" / f"{period}.html"], movement
            to, linking = f"movement/{period}.html#{movement}", seen[site / "index.html"]
        else:
            page = linking = seen[site / "body" / f"{code}.html"]
            under, to = f"{period}-{movement}", f"#{period}-{movement}"
        shown = min(tasks, LISTED_OF_NATION)
        assert page.rows_under.get(under, 0) == shown, (code, period, movement)
        assert (to in linking.links) == (tasks > 0), (code, period, movement)
        followed += shown
    assert followed > 500


def test_every_figure_of_a_document_is_the_number_of_tasks_listed_under_it(site: Path) -> None:
    with duckdb.connect(str(site.parent / "warehouse.duckdb"), read_only=True) as connection:
        names = ", ".join(CLASSES)
        nodes = connection.execute(
            f"select document_code, {names} from marts.mart_document_cascade"
        ).fetchall()
    widest = LIMITS[2]
    for code, *counts in nodes:
        page = Page(site / "document" / f"{pages.page_name(code)}.html")
        for status_class, count in zip(CLASSES, counts, strict=True):
            shown = min(count, widest.of(status_class))
            assert page.rows_under.get(status_class, 0) == shown, (code, status_class)
            assert (f"#{status_class}" in page.links) == (count > 0), (code, status_class)
            assert (shown < count) == (f"Liệt kê {shown} trên {count} nhiệm vụ" in page.text)
    assert len(nodes) > 1


def test_every_count_of_findings_and_of_judged_bodies_is_the_number_of_rows_it_leads_to(
    site: Path,
) -> None:
    with duckdb.connect(str(site.parent / "warehouse.duckdb"), read_only=True) as connection:
        findings = connection.execute(
            "select finding, count(*) from marts.mart_finding where is_current group by finding"
        ).fetchall()
        judged = connection.execute(
            "select indicator_code, judgement, count(*) from marts.mart_indicator "
            "where organisation_code != 'VN' group by all"
        ).fetchall()
    for finding, count in findings:
        assert f"finding/{finding}.html" in Page(site / "substance.html").links
        page = Page(site / "finding" / f"{finding}.html")
        assert page.rows_under["list"] == min(count, LISTED_FINDINGS)
    for code, judgement, count in judged:
        assert f"indicator/{code}.html#{judgement}" in Page(site / "indicators.html").links
        assert Page(site / "indicator" / f"{code}.html").rows_under[judgement] == count
    assert findings
    assert judged


def test_every_number_that_is_a_link_is_the_number_of_rows_it_leads_to(
    site: Path, seen: dict[Path, Page]
) -> None:
    wrong, followed = [], Counter[str]()
    for path, page in seen.items():
        if ".en." in path.name:
            continue
        for href, said, of, sought in page.figures:
            parts = urlsplit(href)
            under = parts.fragment or "list"
            if not re.fullmatch(r"\s*\d[\d.]*\s*", said) or under in MADE_OF:
                continue
            if sought and not of:
                continue  # by document or month: a browser's test follows them
            target = seen[(path.parent / unquote(parts.path)).resolve() if parts.path else path]
            rows = [
                row
                for one in IN_PARTS.get(under, (under,))
                for row in target.behind.get(one, ())
                if of <= row
            ]
            followed[under] += 1
            cut = "Liệt kê" in target.text
            if len(rows) != int(said.replace(".", "")) and not (rows and cut):
                wrong.append((str(path.relative_to(site)), href, of, said, len(rows)))
    assert wrong == []
    assert {"completed", "open_in_term", "due_in_7_days", "found-silent", "late-feedback"} <= set(
        followed
    )


def test_every_figure_leads_somewhere_or_stands_beside_what_it_is_made_of(
    site: Path, seen: dict[Path, Page]
) -> None:
    lone = {
        str(path.relative_to(site)): page.unlinked for path, page in seen.items() if page.unlinked
    }
    assert lone == {}


def test_the_refused_rows_of_a_cause_are_listed_with_their_places_and_not_their_values(
    site: Path,
) -> None:
    with duckdb.connect(str(site.parent / "warehouse.duckdb"), read_only=True) as connection:
        causes = connection.execute(
            "select split_part(check_id, '.', 2), count(*), count(distinct source), "
            "any_value(value) from marts.mart_reject group by all"
        ).fetchall()
    for check, findings, sources, value in causes:
        page = Page(site / "refused" / f"progress-{check}-source.html")
        assert page.rows_under["list"] == findings
        assert page.rows_under["sources"] == sources
        assert value not in page.texts
    assert len(causes) == 2


def test_of_many_moved_tasks_a_body_lists_few_and_says_so(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moved, "LISTED_OF_BODIES", 5)
    monkeypatch.setattr(moved, "LIMITS", ((2, 2, 2), (0, 1, 0)))
    dashboard = dashboard_of(home, topics=True)
    with duckdb.connect(str(dashboard.parent / "warehouse.duckdb"), read_only=True) as connection:
        code, tasks = connection.execute(
            "select organisation_code, newly_completed from marts.mart_movement "
            "where organisation_code != 'VN' and period = 'week' and newly_completed > 1 limit 1"
        ).fetchone() or ("", 0)
    page = Page(dashboard / "body" / f"{code}.html")
    assert page.rows_under["week-newly_completed"] == 1
    assert "#day-newly_completed" not in page.links
    assert "#moved" in page.links
    assert f"Mới hoàn thành 1 trên {tasks}" in page.text


def test_the_morning_page_says_what_limits_it_and_when_it_is_of(site: Path) -> None:
    said = Page(site / "index.html").text
    with duckdb.connect(str(site.parent / "warehouse.duckdb"), read_only=True) as connection:
        senders, failing = connection.execute(
            "select count(distinct source), count(distinct source) "
            "filter (status in ('missing', 'refused')) from marts.mart_reporting"
        ).fetchone() or (0, 0)
    assert failing > 0
    assert f"{senders - failing} trên {senders} nguồn phải gửi" in said
    assert "Tính đến ngày 20/11/2026" in said
    assert "Công bố lúc 06:30 20/11/2026" in said
    assert "Chưa có bản số liệu của ngày trước để so sánh" in said
    assert re.search(r"Giao một cơ quan chịu trách nhiệm cho \d+ nhiệm vụ", said)
    assert "Địa phương được lựa chọn" in Page(site / "body" / "UNRESOLVED.html").text
    assert "Không có tệp nào ở nơi đã khai báo" in said
    assert "There is no earlier morning" in Page(site / "index.en.html").text


def test_changes_are_shown_against_the_earlier_mornings(home: Home) -> None:
    for back, per_body in ((8, 5), (1, 6)):
        day = AS_OF - timedelta(days=back)
        write_build(home, as_of=day, kinds=ALL, per_body=per_body)
        publish_small(home, as_of=day)
    write_build(home, kinds=ALL, per_body=8)
    snapshot = publish_small(home)
    said = Page(snapshot / "dashboard" / "index.html").text
    assert "So với 19/11" in said
    assert "So với 12/11" in said
    assert "Chưa có bản số liệu" not in said
    # 56 bodies lead two tasks more than yesterday, three more than last week.
    assert re.search(r"Tổng số \d+ 100% \+112 \+168", said)


def test_an_earlier_morning_that_cannot_be_read_does_not_stop_this_one(home: Home) -> None:
    write_build(home, as_of=AS_OF - timedelta(days=1))
    earlier = publish_small(home, as_of=AS_OF - timedelta(days=1))
    (earlier / "parquet" / "mart_scorecard.parquet").write_bytes(b"PAR1")
    said = Page(dashboard_of(home) / "index.html").text
    assert "Chưa có bản số liệu của ngày trước" in said


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (
            """update marts.mart_reporting set status = 'on_time';
            update marts.mart_scorecard set never_reported = 0""",
            "đều đã gửi đủ số liệu",
        ),
        ("update marts.mart_reporting set expected = false", "Không có nguồn nào phải gửi"),
        ("update marts.mart_scorecard set never_reported = tasks", "Chưa nhiệm vụ nào có báo cáo"),
        ("delete from marts.mart_reject", "Không có dòng nào bị từ chối"),
        ("delete from marts.mart_reconciliation", "Không nguồn nào công bố số tổng"),
        ("update marts.mart_reject set responsibility = 'us'", "Hệ thống tiếp nhận"),
    ],
)
def test_what_is_special_about_a_morning_is_said(home: Home, extra: str, said: str) -> None:
    assert said in Page(dashboard_of(home, extra=extra) / "index.html").text


def test_a_day_without_tasks_still_has_its_page(home: Home) -> None:
    extra = """
        delete from marts.fct_task_status; delete from marts.bridge_task_organisation;
        delete from marts.dim_task;
        update marts.mart_scorecard set tasks = 0, completed_on_time = 0, completed_late = 0,
            completed_undated = 0, open_in_term = 0, open_overdue = 0, open_undated = 0,
            due_in_3_days = 0, due_in_7_days = 0, never_reported = 0, completion_rate = null,
            on_time_rate = null, overdue_rate = null, due_completion_rate = null,
            rank_in_kind = null, colour = 'grey';
        delete from marts.mart_reporting; delete from marts.mart_reject;
    """
    site = dashboard_of(home, extra=extra)
    assert "Chưa có nhiệm vụ nào tính đến ngày này" in Page(site / "index.html").text
    assert "Không có nhiệm vụ nào" in Page(site / "body" / "G06.html").text


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "\u202eược ogN\u202d \u05d0\u05d1\u05d2 \u0627\u0644\u0633\u0644\u0627\u0645",
    "Kế hoạch 🚀👩‍💻 {{ 7 * 7 }} {% raw %} ${x}",
    "dài " * 4000,
    "không\x00ngắt\x07\x9b",
    '" onmouseover="alert(3)',
)


def test_children_periods_and_heirs_stand_beside_the_tasks_of_a_body(site: Path) -> None:
    page = Page(site / "body" / "G06.html")
    assert [page.rows_under[part] for part in ("families", "periods", "successions")] == [1, 1, 2]
    assert "2 mọi cấp 4" in page.text
    assert re.search("2 đúng hạn +NV-G06-1 *, +NV-G06-2 ", page.text)
    assert "quý IV/2026 đang trong kỳ; quý III/2026 đã báo cáo; quý II/2026 thiếu" in page.text
    assert "1 / 4" in page.text
    assert "tách 11/11/2026: “ tách thành hai nhiệm vụ ”" in page.text
    english = Page(site / "body" / "G06.en.html").text
    assert "quarter II/2026 missing" in english
    assert "a child is due after its parent" in english


def test_of_many_families_a_body_lists_few_and_says_so(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(related, "LISTED_OF_ALL_BODIES", 1)
    again = """insert into marts.mart_task_family select * replace (task_key || '' as task_key)
        from marts.mart_task_family"""
    page = Page(dashboard_of(home, topics=True, extra=again) / "body" / "G06.html")
    assert page.rows_under["families"] == 1
    assert "Liệt kê 1 trên 2; tất cả ở bảng mart_task_family" in page.text


def test_hostile_texts_are_only_text(home: Home) -> None:
    values = ", ".join(f"({n}, ?)" for n in range(len(HOSTILE)))
    path = write_build(home, kinds=ALL, per_body=len(HOSTILE))
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"create temp table hostile as from (values {values}) as t (n, x)", HOSTILE
        )
        for table, column in (
            ("dim_task", "title"),
            ("dim_task", "deadline_text"),
            ("dim_task", "lead_text"),
            ("dim_task", "document_code"),
            ("mart_reject", "message_vi"),
            ("mart_reject", "message_en"),
            ("mart_reporting", "reason_vi"),
            ("mart_reconciliation", "measure"),
        ):
            where = "source = 'bo-g06'" if column == "measure" else "true"
            connection.execute(
                f"update marts.{table} as t set {column} = h.x from hostile as h "
                f"where h.n = hash(t.rowid) % {len(HOSTILE)} and {where}"
            )
    site = publish_small(home) / "dashboard"
    for path in site.rglob("*.html"):
        page = Page(path)
        tags = {tag for tag, _, _ in page.attributes}
        assert "img" not in tags
        assert not [name for _, name, _ in page.attributes if name.startswith("on")]
        source = path.read_text(encoding="utf-8")
        assert "<script>" not in source
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", source)
        assert "dài " * 200 not in source
    everything = "".join(Page(path).text for path in (site / "body").glob("*.html"))
    assert "<script>alert(1)</script>" in everything
    assert "{{ 7 * 7 }} {% raw %} ${x}" in everything


def test_a_body_without_tasks_a_name_with_a_slash_and_a_day_when_nothing_arrived(
    home: Home,
) -> None:
    zeros = ", ".join(f"0 as {name}" for name in (*CLASSES, "tasks", "due_in_3_days"))
    extra = f"""
        insert into marts.dim_organisation by name select 'G99' as organisation_code,
            'Bộ Mới' as name, 'ministry' as kind, date '2026-11-01' as valid_from,
            true as is_current;
        insert into marts.mart_scorecard by name select 'G99' as organisation_code,
            getvariable('as_of') as as_of_date, 'ministry' as kind, {zeros}, 0 as due_in_7_days,
            0 as suspended, 0 as never_reported, 'grey' as colour;
        update marts.dim_organisation set name = 'Sở A/B và C/D' where organisation_code = '01';
        update marts.mart_reporting set status = 'missing', expected = true, rows_received = 0,
            rows_accepted = 0, rows_rejected = 0, rows_duplicate = 0, received_at = null;
    """
    site = dashboard_of(home, per_body=3, extra=extra)
    morning = Page(site / "index.html")
    idle = Page(site / "body" / "G99.html")
    assert "Bộ Mới" in idle.text
    assert "Không có nhiệm vụ nào" in idle.text
    assert "tasks" not in idle.ids
    assert re.search(r"Không có nhiệm vụ: +Bộ Mới", morning.text)
    assert "Sở A/B và C/D" in morning.text
    assert "Sở A/B và C/D" in Page(site / "body" / "01.html").text
    assert not list(site.rglob("B và C*"))
    assert re.search(r"Không nguồn nào trong \d+ nguồn phải gửi đã gửi", morning.text)
    assert "0 / " in Page(site / "body" / "01.html").text


def test_an_organisation_code_cannot_climb_out_of_its_folder(home: Home) -> None:
    evil = "../../../evil/<b>"
    extra = f"""
        update marts.mart_scorecard set organisation_code = '{evil}'
        where organisation_code = 'G06';
        update marts.bridge_task_organisation set organisation_code = '{evil}'
        where organisation_code = 'G06';
    """
    site = dashboard_of(home, extra=extra)
    stray = list(home.root.rglob("*evil*"))
    assert stray == []
    page = next(p for p in (site / "body").glob("x*.html") if not p.name.endswith(".en.html"))
    assert f"<bdi>{evil.replace('<', '&lt;').replace('>', '&gt;')}</bdi>" in page.read_text()


def test_a_figure_without_its_tasks_is_not_published(home: Home) -> None:
    write_build(home, kinds=ALL)
    first = publish_small(home)
    write_build(
        home,
        kinds=ALL,
        extra="update marts.mart_scorecard set open_overdue = open_overdue + 1 "
        "where organisation_code = 'G06'",
    )
    with pytest.raises(AuditError, match=r"G06 open_overdue: \d+ against \d+ tasks"):
        publish_small(home, inputs="inputs-2")
    assert (home.published / "current").resolve() == first


def test_the_page_of_data_quality_leads_to_the_rules_that_were_checked(site: Path) -> None:
    for page in (Page(site / "quality.html"), Page(site / "quality.en.html")):
        assert "../data_docs/index.html" in page.links


def test_the_pages_are_a_function_of_the_snapshot(tmp_path: Path) -> None:
    sites = [dashboard_of(Home(tmp_path / name)) for name in ("a", "b")]
    for path in sites[0].rglob("*"):
        if path.is_file():
            twin = sites[1] / path.relative_to(sites[0])
            assert path.read_bytes() == twin.read_bytes()
    assert Manifest.read(sites[0].parent).snapshot_id == Manifest.read(sites[1].parent).snapshot_id


def test_every_commune_of_a_province_is_a_tile_with_its_rate_and_a_link(site: Path) -> None:
    page = (site / "body" / "01.html").read_text(encoding="utf-8")
    tiles, _, table = page.partition('<ul class="tiles">')[2].partition("</ul>")
    drawn = re.findall(
        r'<li class="(?:hatched|step-[0-4])"><a href="\.\./body/(\d{5})\.html">', tiles
    )
    listed = re.findall(r'<th>\s*<a href="\.\./body/(\d{5})\.html">', table)
    assert len(drawn) == 2
    assert sorted(drawn) == sorted(listed)
    assert len(re.findall(r"<small>(?:không có nhiệm vụ|\d+ / \d+)</small>", tiles)) == len(drawn)
    assert "không phải vị trí địa lý" in page


def test_of_many_lines_of_reporting_and_documents_the_first_are_listed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_REPORTED", 2)
    monkeypatch.setattr(pages, "MOST_DOCUMENTS", 1)
    dashboard = dashboard_of(home, topics=True)
    reporting = Page(dashboard / "reporting.html")
    outcomes = ("missing", "refused", "late", "nothing_arose", "on_time")
    assert {reporting.rows_under.get(outcome) for outcome in outcomes} == {1}
    assert re.search(r"Liệt kê 5 trên \d+ dòng", reporting.text)
    programmes = Page(dashboard / "programmes.html")
    assert "Liệt kê 1 văn bản" in programmes.text
    assert [link for link in programmes.links if link.startswith("document/")]


def test_of_thousands_of_communes_the_last_are_listed_and_the_rest_by_province(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_COMMUNES", 1)
    monkeypatch.setattr(pages, "MOST_LISTED", 1)
    one_without_overdue = (
        "update marts.dim_organisation set parent_code = if(organisation_code in (select"
        " organisation_code from marts.mart_scorecard where open_overdue > 0), '01', '04')"
        " where kind = 'commune'"
    )
    dashboard = dashboard_of(home, per_body=9, extra=one_without_overdue)
    page = Page(dashboard / "communes.html")
    assert "2 xã, phường, đặc khu có nhiệm vụ" in page.text
    first, _, ranked = page.path.read_text(encoding="utf-8").partition("</section>")
    assert sorted(re.findall(r'<td class="n late">(?:<a [^>]*>)?(\d+)<', first)) == ["0", "1"]
    assert len(re.findall(r'<td class="n rank">', ranked)) == 1
    assert {"body/01.html#communes", "body/04.html#communes"} <= set(page.links)
    assert "communes" in Page(dashboard / "body" / "01.html").ids
    assert re.search(r"và \d+ cơ quan khác", Page(dashboard / "class/open_overdue.html").text)
