"""The command line: one command a step of the road, and one for a whole day."""

from __future__ import annotations

import sys
import uuid
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.text import Text

from task_warehouse import __version__, contract_commands
from task_warehouse.errors import TaskWarehouseError, UsageError
from task_warehouse.rundate import RunDate
from task_warehouse.settings import HOME_VARIABLE, Home
from task_warehouse.terminal import Terminal

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From the exports of ministries, provinces and communes to one checked warehouse.",
    epilog="Exit codes: 0 done, 1 our fault, 2 wrong use or file, 3 an invariant does not hold, "
    "4 no data for the date, 5 another run is going on, 6 disk, 7 dbt, 8 a contract's change "
    "breaks senders.",
)
app.add_typer(contract_commands.app, name="contract")
out = Terminal()
err = Terminal(stderr=True)

AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Day to describe (YYYY-MM-DD).")
]
ReceivedAt = Annotated[
    str | None,
    typer.Option("--received-at", metavar="TIME", help="Moment of collecting, instead of now."),
]
Delivery = Annotated[
    str, typer.Argument(metavar="DELIVERY", help="Id of a held delivery (task-warehouse held).")
]
Note = Annotated[str, typer.Option("--note", help="Why; kept with the decision for ever.")]
By = Annotated[str, typer.Option("--by", help="Who decides.")]
Sources = Annotated[
    Path | None,
    typer.Option("--sources", metavar="DIR", help="Folder of source files [var/sources]."),
]


def main() -> None:
    """Entry point: errors of ours become a message and their exit code, never a traceback."""
    try:
        # Not standalone, an exit code that a command asks for is what the call returns.
        sys.exit(app(standalone_mode=False) or 0)
    except TaskWarehouseError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _complain("stopped; what was done stays, and the next run goes on from there")
        sys.exit(130)
    except Exception as error:
        if error.__class__.__module__.startswith(("click", "typer")) and hasattr(error, "show"):
            error.show()
            sys.exit(2)
        raise


def _complain(message: str) -> None:
    err.print(Text("error:", "bold red"), end=" ")
    err.say(message)


@app.command()
def run(
    as_of: AsOf = None,
    sources: Sources = None,
    received_at: ReceivedAt = None,
) -> None:
    """One day through the DAGs: collect, check, build, publish; then a summary."""
    from task_warehouse import running

    running.run_day(Home.from_environment(), sources, _dates(as_of, received_at), out)


@app.command()
def demo(
    as_of: AsOf = "2025-11-14",
    tasks: Annotated[int, typer.Option(help="Number of sample tasks.")] = 3000,
    seed: Annotated[int, typer.Option(help="Seed of the sample.")] = 57,
) -> None:
    """The sample exports on loopback, and one day of them through the DAGs (make run)."""
    from task_warehouse import running

    running.run_sample_day(
        Home.from_environment(), date.fromisoformat(as_of or ""), tasks, seed, out
    )


@app.command()
def collect(as_of: AsOf = None, sources: Sources = None, received_at: ReceivedAt = None) -> None:
    """Pull every source's exports into landing, with a receipt for each attempt."""
    from task_warehouse import running, steps

    with running.sources_in(sources):
        planned = steps.plan_collection(_dates(as_of, received_at), token=uuid.uuid4().hex)
        steps.roll_up(steps.collect_all(planned))


@app.command()
def check() -> None:
    """Read and check what was landed: accepted rows, rejects, ledger."""
    from task_warehouse import steps

    out.print(_sentence(steps.check()))


@app.command()
def held(
    output: Annotated[str, typer.Option("--output", help="table, csv or json.")] = "table",
) -> None:
    """Deliveries that wait for a person: which, why, since when, how many rows."""
    from task_warehouse import showing

    showing.show_held(out, Home.from_environment(), output)


@app.command()
def release(delivery: Delivery, note: Note, by: By) -> None:
    """Let a held delivery in; the next build uses its rows."""
    _decide(delivery, "release", note, by)


@app.command()
def refuse(delivery: Delivery, note: Note, by: By) -> None:
    """Refuse a held delivery; the last good data stay."""
    _decide(delivery, "refuse", note, by)


def _decide(delivery: str, outcome: str, note: str, by: str) -> None:
    from task_warehouse import holding

    home, now = Home.from_environment(), datetime.now(UTC)
    said = holding.decide(home, delivery, outcome, note=note, by=by, at=now)
    out.print(
        f"{said.decision}d by {said.decided_by}; publish it with: task-warehouse build",
        highlight=False,
        markup=False,
    )


@app.command()
def build(as_of: AsOf = None, received_at: ReceivedAt = None) -> None:
    """Build the marts with dbt, check the invariants, publish the snapshot."""
    from task_warehouse import summary

    run = _dates(as_of, received_at)
    _publish(run)
    summary.require_arrivals(Home.from_environment(), run.as_of)


def _publish(run: RunDate) -> None:
    from task_warehouse import steps

    snapshot = steps.publish(steps.build(run))
    steps.report_back(snapshot)
    out.say(snapshot)


@app.command("report-back")
def report_back(sources: Sources = None) -> None:
    """Write what each source gets back of the published morning, and put it where it looks."""
    from task_warehouse import publishing, running, steps
    from task_warehouse.reporting_back import sending

    home = Home.from_environment()
    manifest = publishing.current(home)
    if manifest is None:
        raise UsageError("nothing is published yet", remedy="run a day first: task-warehouse run")
    with running.sources_in(sources):
        out.print(_sentence(steps.report_back(str(manifest.path))))
    for complaint in sending.complaints(home):
        out.print(complaint)


@app.command("open-data")
def open_data(
    to: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder the extract goes to.")],
) -> None:
    """Write the publishable extract of the published morning: CSV, Data Package, CSVW.

    The licence is what TASK_WAREHOUSE_OPEN_DATA_LICENCE says, e.g. "CC-BY-4.0 https://…".
    """
    from task_warehouse import open_data as opening
    from task_warehouse import publishing

    manifest = publishing.current(Home.from_environment())
    if manifest is None:
        raise UsageError("nothing is published yet", remedy="run a day first: task-warehouse run")
    written = opening.write(manifest.path, to)
    out.say(f"{to}: {len(written)} tables, {sum(one.rows for one in written)} rows")


@app.command()
def notify(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the messages; send and record nothing.")
    ] = False,
) -> None:
    """Send the daily brief and the alerts of the published morning to whom notifications.yml names.

    Nobody is told one state twice: run again, only what was not sent or is new goes out. Mail goes
    by TASK_WAREHOUSE_SMTP, e.g. smtps://user:password@host:465.
    """
    from task_warehouse import notifying, steps

    if not dry_run:
        out.print(_sentence(steps.notify()))
        return
    for letter, is_news in notifying.preview(Home.from_environment()):
        state = "would be sent" if is_news else "already told"
        out.say(f"== {letter.shown} ({letter.message.kind}, {state})\n{letter.message.subject}\n")
        out.say(letter.message.text)


@app.command()
def replay(
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="First business date.")],
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="Last business date.")],
) -> None:
    """Derive a period again from the raw bytes, then build as of its last day."""
    from task_warehouse import steps

    out.print(_sentence(steps.replay(first, last)))
    _publish(_dates(last, None))


@app.command()
def differences(
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="A past morning.")],
    output: Annotated[str, typer.Option("--output", help="table, csv or json.")] = "table",
) -> None:
    """What a past morning showed otherwise than it is known now, task by task, and why."""
    from task_warehouse import showing

    showing.show_differences(out, Home.from_environment(), _dates(as_of, None).as_of, output)


@app.command()
def status(
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="Any past day.")],
    known: Annotated[
        Literal["then", "now"], typer.Option("--known", help="As known then, or as known now.")
    ] = "now",
    output: Annotated[
        str, typer.Option("--output", help="table (how many), csv or json (each task).")
    ] = "table",
) -> None:
    """Of every task its class, deadline and completion on a past day."""
    from task_warehouse import showing

    showing.show_status(out, Home.from_environment(), _dates(as_of, None).as_of, known, output)


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="Any export file.")],
    to: Annotated[Path | None, typer.Option("--out", help="Write the table as CSV here.")] = None,
    format_: Annotated[
        str | None, typer.Option("--format", help="csv, json, ndjson, xlsx, xml.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding, if known.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Delimiter, if known.")] = None,
    records: Annotated[str | None, typer.Option(help="Path of the records (JSON, XML).")] = None,
) -> None:
    """Show one file as the pipeline sees it: dialect, header, rows; --out writes all of it."""
    from task_warehouse import showing

    showing.show_file(
        out,
        file,
        to,
        format_=format_,
        sheet=sheet,
        encoding=encoding,
        delimiter=delimiter,
        records=records,
    )


@app.command()
def pdf(
    organisation: Annotated[
        str | None,
        typer.Option("--organisation", metavar="CODE", help="A body's page, not the morning page."),
    ] = None,
    to: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the PDF goes.")] = Path(
        "morning.pdf"
    ),
    english: Annotated[bool, typer.Option("--english", help="The English page.")] = False,
) -> None:
    """Print the morning page, or the page of one body, to A4 by the Chromium that is installed."""
    from task_warehouse.dashboard import printing

    dashboard = Home.from_environment().published / "current" / "dashboard"
    printing.print_page(printing.page_of(dashboard, organisation, english=english), to)
    out.say(str(to))


@app.command()
def metrics(
    names: Annotated[
        list[str] | None, typer.Argument(help="Metrics; without any, all are listed.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="Dimension, e.g. responsibility__organisation_code."),
    ] = None,
    output: Annotated[str, typer.Option("--output", help="table, csv or json.")] = "table",
) -> None:
    """Ask the last build for metrics, e.g. "led_completion_rate --by responsibility__role"."""
    from task_warehouse import showing

    showing.show_metrics(out, Home.from_environment(), names or [], by or [], output)


@app.command()
def docs(
    to: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where else than published/dbt-docs.html."),
    ] = None,
) -> None:
    """Write every table, column, test and lineage of the last build as one HTML file.

    Beside the snapshots it is written again only where the models changed.
    """
    from task_warehouse import documenting

    home = Home.from_environment()
    out.say(str(documenting.write_docs(home, to) if to else documenting.keep_docs(home)))


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="SQL over the published marts.")],
    output: Annotated[str, typer.Option("--output", help="table, csv or json.")] = "table",
) -> None:
    """Ask the published snapshot, e.g. "from mart_scorecard where organisation_code = 'VN'"."""
    from task_warehouse import showing

    showing.show_query(out, Home.from_environment(), sql, output)


@app.command()
def sources(
    source: Annotated[str | None, typer.Argument(help="One source, with its reasons.")] = None,
    sources: Sources = None,
    as_of: AsOf = None,
    troubled: Annotated[
        bool, typer.Option("--troubled", help="Only what is silent or failing.")
    ] = False,
    output: Annotated[str, typer.Option("--output", help="table, csv or json.")] = "table",
) -> None:
    """What is declared and expected, what last came, silent and failing since when."""
    from task_warehouse import running, showing

    with running.sources_in(sources):
        day = date.fromisoformat(as_of) if as_of else None
        home = Home.from_environment()
        showing.show_sources(out, home, day, output, only=source, troubled=troubled)


@app.command()
def sample(
    to: Annotated[Path, typer.Option("--out", help="Folder to write into.")],
    as_of: AsOf = "2025-11-14",
    tasks: Annotated[int, typer.Option(help="Number of tasks.")] = 3000,
    seed: Annotated[int, typer.Option(help="Seed.")] = 57,
    communes: Annotated[int, typer.Option(help="Communes that report directly.")] = 60,
    defect_share: Annotated[float, typer.Option(help="Share of planted defects.")] = 0.02,
    url: Annotated[str, typer.Option(help="Where they will be served.")] = "http://127.0.0.1:8057",
) -> None:
    """Write the sample exports, their source files and the truth they were made from."""
    from task_warehouse import sample as sampling

    day = date.fromisoformat(as_of or "")
    sampling.write_sample(
        to,
        seed=seed,
        as_of=day,
        tasks=tasks,
        direct_communes=communes,
        defect_share=defect_share,
        base_url=url,
    )
    out.print(f"written: {to}")


@app.command()
def simulate(
    directory: Annotated[Path, typer.Argument(help="Folder written by 'sample'.")],
    port: Annotated[int, typer.Option(help="Port on loopback.")] = 8057,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE=FAULT", help="Make a source fail, e.g. bo-g06=slow:2."),
    ] = None,
) -> None:
    """Serve the sample exports over HTTP on loopback, with paging, tokens and faults."""
    from task_warehouse import simulating

    faults = dict(each.split("=", 1) for each in fault or [] if "=" in each)
    if len(faults) != len(fault or []):
        raise UsageError("a fault is SOURCE=FAULT", remedy="e.g. --fault bo-g06=slow:2")
    simulating.serve(directory, port=port, faults=faults)


@app.command()
def up(sources: Sources = None) -> None:
    """Airflow with scheduler and web UI on loopback, for daily use (make up)."""
    from task_warehouse import running

    running.run_airflow(Home.from_environment(), sources, out)


@app.command()
def version() -> None:
    """Print the version and the data root."""
    out.print(f"task-warehouse {__version__}, {HOME_VARIABLE}={Home.from_environment().root}")


def _dates(as_of: str | None, received_at: str | None) -> RunDate:
    from task_warehouse import rundate

    parsed = RunDate.parse(as_of or rundate.today().isoformat(), received_at)
    if parsed is None:
        raise UsageError("no as-of date")
    return parsed


def _sentence(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())


if __name__ == "__main__":
    main()
