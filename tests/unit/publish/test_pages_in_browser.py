"""The pages in Debian's Chromium: no complaint on the console, no sideways scroll, search, sort."""

from __future__ import annotations

import functools
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import axe_core_python
import pytest
from publish_marts import ALL, publish_small, write_build

from task_warehouse.dashboard.topic_queries import LISTED_BOTTLENECKS
from task_warehouse.settings import Home

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

PAGES = (
    "index.html",
    "index.en.html",
    "reporting.html",
    "communes.html",
    "body/01.html",
    "body/UNRESOLVED.en.html",
    "class/open_overdue.html",
    "document/x2184a8ce2edb8d38.html",
    "finding/percent_fell.en.html",
    "indicator/CT01.html",
    "movement/week.html",
    "programmes.html",
    "indicators.html",
    "substance.html",
    "bottlenecks.en.html",
    "feedback.html",
    "quality.html",
)
LONG = "Kế hoạch" + "_không_có_chỗ_ngắt" * 40

# Loads each page in a frame as wide as a telephone, uses it, and writes what came out.
PROBE = """<!doctype html><meta charset="utf-8"><pre id="out"></pre><script>
var pages = %s, seen = {};
function names(d) {
  return Array.from(d.querySelectorAll("#province ~ table tbody tr:not([hidden]) th")).map(
    function (cell) { return cell.textContent.trim(); });
}
function use(d) {
  var table = d.querySelector("#province ~ table");
  if (!table) return null;
  var found = { all: names(d).length };
  var input = table.previousElementSibling.querySelector("input");
  function search(text) {
    input.value = text;
    input.dispatchEvent(new d.defaultView.Event("input"));
    return names(d);
  }
  found.plain = search("da nang");
  found.marks = search("ĐÀ NẴNG");
  found.none = search("zzz").length;
  search("");
  var name = Array.from(table.querySelectorAll("th button")).filter(
    function (b) { return b.parentNode.dataset.sort === "text"; })[0];
  name.click();
  found.sorted = names(d).slice(0, 2);
  found.sort = name.parentNode.getAttribute("aria-sort");
  var late = Array.from(table.querySelectorAll("thead tr:last-child th button"))[4];
  late.click();
  found.late = Array.from(table.querySelectorAll("td.late")).map(
    function (c) { return Number(c.textContent.trim()); });
  return found;
}
// Each figure that chooses rows of the page, and the rows that are seen where it leads.
function followed(d) {
  return Array.from(d.querySelectorAll("a[data-find], a[data-due]")).map(function (figure) {
    figure.click();
    var to = d.querySelector(figure.getAttribute("href"));
    var part = to.tagName === "DIV" ? to : to.closest("section");
    return [Number(figure.textContent),
      part.querySelectorAll("tbody tr:not([hidden]) > .from").length];
  });
}
// What the keyboard reaches, in order, and what of it cannot be seen when it is reached.
function reached(d) {
  var all = Array.from(d.querySelectorAll("a[href], button, input, summary")).slice(0, 40);
  return { first: all[0].className, dim: all.filter(function (one) {
    one.focus({ focusVisible: true });
    var style = d.defaultView.getComputedStyle(one);
    return one.checkVisibility({ visibilityProperty: true }) && style.outlineStyle === "none";
  }).map(function (one) { return one.outerHTML.slice(0, 200); }) };
}
function next() {
  var page = pages.shift();
  if (!page) { document.getElementById("out").textContent = JSON.stringify(seen); return; }
  var frame = document.createElement("iframe");
  frame.width = 390; frame.height = 900;
  var wide;
  frame.onload = function () {
    wide = frame.contentDocument.documentElement.scrollWidth;
  };
  window.onmessage = function (told) {
    var d = frame.contentDocument;
    seen[page] = { wide: wide, used: use(d), followed: followed(d), reached: reached(d),
      axe: told.data,
      ink: d.defaultView.getComputedStyle(d.querySelector("h1")).color };
    frame.remove(); next();
  };
  frame.src = "axe/" + page;
  document.body.appendChild(frame);
}
next();
</script>"""


# What axe finds on a page, told to the window that holds it; a page's policy lets it fetch nothing.
JUDGE = """axe.run({ resultTypes: ["violations"], preload: false }).then(function (found) {
  parent.postMessage(found.violations.map(function (v) {
    return { rule: v.id, impact: v.impact,
      at: v.nodes.slice(0, 3).map(function (n) { return n.html; }) };
  }), "*");
});"""
JUDGED = '<script src="/axe.min.js" defer></script><script src="/judge.js" defer></script></body>'
# What axe must complain of, or it did not look.
UNFIT = (
    "<!doctype html><title>unfit</title><body><h1>unfit</h1><button></button>"
    '<img src="assets/icon.svg"></body>'
)
AXE = Path(axe_core_python.__file__).with_name("axe.min.js")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(tmp_path_factory.mktemp("browser"))
    write_build(
        home,
        kinds=ALL,
        per_body=12,
        topics=True,
        extra=f"update marts.dim_task set title = '{LONG}' where task_code like '%-1';"
        "update marts.dim_task set document_code = repeat('9', 300) where task_code like '%-2'",
    )
    return publish_small(home) / "dashboard"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            asked = self.path[4:] if self.path.startswith("/axe/") else self.path
            if self.path == "/probe":
                self._give((PROBE % json.dumps([*PAGES, "unfit.html"])).encode(), "text/html")
            elif asked == "/axe.min.js":
                self._give(AXE.read_bytes(), "text/javascript")
            elif asked == "/judge.js":
                self._give(JUDGE.encode(), "text/javascript")
            elif asked != self.path and asked.endswith(".html"):
                file = site / unquote(asked).lstrip("/")
                page = file.read_text(encoding="utf-8") if file.is_file() else UNFIT
                self._give(page.replace("</body>", JUDGED).encode(), "text/html")
            else:
                self.path = asked
                super().do_GET()

        def _give(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.end_headers()
            self.wfile.write(content)

    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def browse(url: str, profile: Path, *more: str) -> tuple[str, list[str]]:
    """The page after its script ran, and what the console said."""
    done = subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--enable-logging=stderr",
            "--virtual-time-budget=60000",
            f"--user-data-dir={profile}",
            *more,
            "--dump-dom",
            url,
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_a_page_from_a_file_share_says_nothing_on_the_console_and_runs_its_script(
    site: Path, tmp_path: Path
) -> None:
    page, console = browse((site / "index.html").as_uri(), tmp_path)
    assert console == []
    assert page.count('type="search"') >= 2


def test_on_a_telephone_nothing_scrolls_sideways_and_search_and_sort_work(
    address: str, tmp_path: Path
) -> None:
    page, console = browse(f"{address}/probe", tmp_path)
    assert console == []
    found = re.search(r'<pre id="out">(.*?)</pre>', page, re.DOTALL)
    assert found
    seen = json.loads(unescape(found.group(1)))
    unfit = {v["rule"] for v in seen.pop("unfit.html")["axe"]}
    assert {"button-name", "html-has-lang", "image-alt"} <= unfit
    assert set(seen) == set(PAGES)
    for name, result in seen.items():
        assert result["wide"] <= 390, name
        assert result["ink"] == "rgb(23, 50, 77)", f"{name} has no style sheet"
        serious = [v for v in result["axe"] if v["impact"] in ("serious", "critical")]
        assert serious == [], name
        assert result["reached"] == {"first": "skip", "dim": []}, name
    for name in ("body/01.html", "feedback.html"):
        followed = seen[name]["followed"]
        assert len(followed) > 3, name
        assert all(figure == rows > 0 for figure, rows in followed), (name, followed)
    of_the_longest = seen["bottlenecks.en.html"]["followed"]
    assert {True} == {figure >= rows for figure, rows in of_the_longest}
    assert LISTED_BOTTLENECKS > max(rows for _, rows in of_the_longest) > 0
    used = seen["index.html"]["used"]
    assert used["all"] == 34
    assert used["plain"] == used["marks"]
    assert len(used["plain"]) == 1
    assert used["plain"][0].endswith("Thành phố Đà Nẵng")
    assert used["none"] == 0
    assert used["sort"] == "ascending"
    assert used["sorted"][0].endswith("Thành phố Cần Thơ")
    assert used["late"] == sorted(used["late"], reverse=True)
    assert len(set(used["late"])) > 1


def test_the_morning_page_prints_on_a_few_sheets_of_a4(site: Path, tmp_path: Path) -> None:
    printed = tmp_path / "page.pdf"
    browse((site / "index.html").as_uri(), tmp_path / "profile", f"--print-to-pdf={printed}")
    content = printed.read_bytes()
    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content)
    assert {(round(float(w)), round(float(h))) for w, h in sheets} == {(595, 842)}
    assert 4 <= len(sheets) <= 8
