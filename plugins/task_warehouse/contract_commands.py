"""``task-warehouse contract``: what exports must look like, for people and for tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from task_warehouse.errors import UsageError
from task_warehouse.terminal import Terminal

if TYPE_CHECKING:
    from task_warehouse.contracts import Contract, Contracts

BREAKS_SENDERS = 8

app = typer.Typer(
    no_args_is_help=True,
    help="What exports must look like: show it, export it, compare two versions of it.",
)
out = Terminal()

Dataset = Annotated[str | None, typer.Argument(help="A dataset; all of them when left out.")]


@app.command()
def show(
    dataset: Dataset = None,
    language: Annotated[str, typer.Option("--language", help="vi or en.")] = "vi",
) -> None:
    """Print the contract of a dataset, or one line for each."""
    from task_warehouse.contract_exports import showing
    from task_warehouse.contracts import load_contracts

    if language not in showing.LANGUAGES:
        raise UsageError(f"no such language: {language}", remedy="vi or en")
    contracts = load_contracts()
    if dataset is None:
        showing.show_list(out, contracts, language)
    else:
        showing.show_contract(out, _contract(contracts, dataset), contracts, language)


@app.command()
def export(
    form: Annotated[
        str, typer.Argument(help="schema, excel, page, odcs, dbt, or all for a whole site.")
    ],
    dataset: Dataset = None,
    to: Annotated[Path | None, typer.Option("--out", help="Folder to write into [.].")] = None,
) -> None:
    """Write JSON Schemas, Excel templates, public pages, or dbt's source file."""
    from task_warehouse import contract_exports
    from task_warehouse.contract_exports import dbt
    from task_warehouse.contracts import load_contracts

    contracts = load_contracts()
    folder = to or Path()
    if form == "all":
        contract_exports.write_all(folder)
        written = [folder / "index.html"]
    elif form == "dbt":
        written = [to / dbt.path().name if to else dbt.path()]
        written[0].write_text(dbt.as_text(contracts), encoding="utf-8")
    elif form in contract_exports.FORMATS:
        chosen = [_contract(contracts, dataset)] if dataset else contracts.by_dataset.values()
        written = [contract_exports.write_one(each, contracts, folder, form) for each in chosen]
    else:
        raise UsageError(
            f"no such form: {form}", remedy=f"{', '.join(contract_exports.FORMATS)}, dbt or all"
        )
    for path in written:
        out.say(f"written: {path}")


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A contract, a folder of them, or a git revision.")],
    new: Annotated[
        str | None, typer.Argument(help="The same; what this project has when left out.")
    ] = None,
    output: Annotated[str, typer.Option("--output", help="text or json.")] = "text",
) -> None:
    """Say what changed from OLD to NEW, and whether it breaks senders (then the exit code is 8)."""
    from task_warehouse.contract_exports import comparing, showing
    from task_warehouse.contract_exports.versions import version_of
    from task_warehouse.contracts import expectations_directory

    if output not in ("text", "json"):
        raise UsageError(f"no such output: {output}", remedy="text or json")
    before, after = version_of(old), version_of(new or str(expectations_directory()))
    if len(before.contracts) == 1 or (new and len(after.contracts) == 1):
        # One file is compared with the contract of its dataset, not with all the others.
        before, after = comparing.of_same_datasets(before, after)
    changes = comparing.compare(before, after)
    showing.show_changes(out, changes, comparing.misnumbered(before, after, changes), output)
    if any(change.breaks for change in changes):
        raise typer.Exit(BREAKS_SENDERS)


def _contract(contracts: Contracts, dataset: str) -> Contract:
    if dataset not in contracts.by_dataset:
        raise UsageError(
            f"no dataset '{dataset}'", remedy=f"one of: {', '.join(contracts.by_dataset)}"
        )
    return contracts.by_dataset[dataset]
