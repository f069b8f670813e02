"""What changed between two versions of the contracts, and what of it breaks those who send.

A change breaks senders when an export that was accepted as it is could be refused, cut or read
otherwise afterwards. Everything else is told and lets them be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from task_warehouse.contracts import CodeLists, Column, Contract, Rule

# Kind of change: whether it breaks senders, and how it is said; {what}, {old} and {new} are filled.
KINDS: dict[str, tuple[bool, str]] = {
    "dataset_removed": (True, "the dataset is not asked for any more"),
    "dataset_added": (False, "a new dataset"),
    "column_removed": (True, "column {what} is removed: what is sent there is lost"),
    "column_added": (False, "column {what} is new, not required"),
    "required_column_added": (True, "column {what} is new and required"),
    "column_required": (True, "column {what} is required now"),
    "column_optional": (False, "column {what} is not required any more"),
    "header_required": (True, "the header of {what} must be there now"),
    "header_optional": (False, "the header of {what} may be absent now"),
    "form_changed": (True, "column {what} was {old}, is {new}"),
    "code_list_changed": (True, "column {what} had the code list {old}, has {new}"),
    "code_removed": (True, "the code list of {what} loses '{old}'"),
    "code_added": (False, "the code list of {what} gains '{new}'"),
    "code_renamed": (True, "the code list of {what} names '{old}' now '{new}'"),
    "limit_narrowed": (True, "the {what} was {old}, is {new}"),
    "limit_widened": (False, "the {what} was {old}, is {new}"),
    "key_changed": (True, "the key was {old}, is {new}"),
    "label_changed": (True, "column {what} was called '{old}', is called '{new}'"),
    "rule_added": (True, "rule {what} is new and refuses rows"),
    "warning_added": (False, "rule {what} is new and warns"),
    "rule_stricter": (True, "rule {what} warned, refuses rows now"),
    "rule_milder": (False, "rule {what} refused rows, warns now"),
    "rule_changed": (True, "rule {what} asked {old}, asks {new}"),
    "warning_changed": (False, "rule {what} asked {old}, asks {new}"),
    "rule_removed": (False, "rule {what} is removed"),
    "owed_more_often": (True, "it was owed every {old} days, is owed every {new}"),
    "owed_less_often": (False, "it was owed every {old} days, is owed every {new}"),
    "owed_earlier": (True, "it was due by {old}, is due by {new}"),
    "owed_later": (False, "it was due by {old}, is due by {new}"),
    "text_changed": (False, "the text of {what} changed"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one dataset's contract; ``what`` it concerns, from ``old`` to ``new``."""

    dataset: str
    kind: str
    what: str = ""
    old: str = ""
    new: str = ""

    @property
    def breaks(self) -> bool:
        """Whether an export that was accepted may not be accepted as it is any more."""
        return KINDS[self.kind][0]

    def __str__(self) -> str:
        return KINDS[self.kind][1].format(what=self.what, old=self.old, new=self.new)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of contracts: those that could be read, and the code lists they name."""

    contracts: Mapping[str, Contract]
    code_lists: CodeLists


def compare(old: Version, new: Version) -> list[Change]:
    """All changes, dataset by dataset, in the order of the contracts."""
    found: list[Change] = []
    for dataset in [*old.contracts, *(name for name in new.contracts if name not in old.contracts)]:
        if dataset not in new.contracts:
            found.append(Change(dataset, "dataset_removed"))
        elif dataset not in old.contracts:
            found.append(Change(dataset, "dataset_added"))
        else:
            before, after = old.contracts[dataset], new.contracts[dataset]
            found += _of_dataset(before, after)
            found += _of_columns(before, after, old.code_lists, new.code_lists)
            found += _of_rules(before, after)
    return found


def of_same_datasets(old: Version, new: Version) -> tuple[Version, Version]:
    """Both versions with only the datasets that both have."""
    shared = [name for name in old.contracts if name in new.contracts]
    both = (
        Version({name: side.contracts[name] for name in shared}, side.code_lists)
        for side in (old, new)
    )
    first, second = both
    return first, second


def misnumbered(old: Version, new: Version, changes: list[Change]) -> list[str]:
    """Datasets whose version number says less than what changed (major, minor, patch)."""
    said = []
    for dataset in sorted({change.dataset for change in changes}):
        if dataset not in old.contracts or dataset not in new.contracts:
            continue
        before, after = (_numbers(side.contracts[dataset]) for side in (old, new))
        mine = [change for change in changes if change.dataset == dataset]
        if any(change.breaks for change in mine):
            wanted = (before[0] + 1, 0, 0)
        elif any(change.kind != "text_changed" for change in mine):
            wanted = (before[0], before[1] + 1, 0)
        else:
            wanted = (before[0], before[1], before[2] + 1)
        if after < wanted:
            shown = ".".join(str(number) for number in wanted)
            said.append(f"{dataset}: version {new.contracts[dataset].version}, needs {shown}")
    return said


def _numbers(contract: Contract) -> tuple[int, ...]:
    return tuple(int(number) for number in contract.version.split("."))


def _of_dataset(old: Contract, new: Contract) -> Iterator[Change]:
    name = new.dataset
    if old.key != new.key:
        yield Change(name, "key_changed", old=" + ".join(old.key), new=" + ".join(new.key))
    before, after = old.service, new.service
    if before.every_days != after.every_days:
        kind = "owed_more_often" if after.every_days < before.every_days else "owed_less_often"
        yield Change(name, kind, old=str(before.every_days), new=str(after.every_days))
    if before.due != after.due:
        kind = "owed_earlier" if after.due < before.due else "owed_later"
        yield Change(name, kind, old=before.due, new=after.due)
    texts = (old.label, old.purpose_vi, old.purpose_en, old.grain)
    if texts != (new.label, new.purpose_vi, new.purpose_en, new.grain):
        yield Change(name, "text_changed", "the dataset")


def _of_columns(
    old: Contract, new: Contract, old_lists: CodeLists, new_lists: CodeLists
) -> Iterator[Change]:
    name = new.dataset
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    yield from (Change(name, "column_removed", gone) for gone in before if gone not in after)
    for column in new.columns:
        was = before.get(column.name)
        if was is None:
            must = column.required or column.header_required
            kind = "required_column_added" if must else "column_added"
            yield Change(name, kind, column.name)
        else:
            yield from _of_column(name, was, column)
            yield from _of_codes(name, was, column, old_lists, new_lists)


def _of_column(dataset: str, old: Column, new: Column) -> Iterator[Change]:
    name = new.name
    if old.label != new.label:
        yield Change(dataset, "label_changed", name, old.label, new.label)
    if old.required != new.required:
        yield Change(dataset, "column_required" if new.required else "column_optional", name)
    elif old.header_required != new.header_required:
        kind = "header_required" if new.header_required else "header_optional"
        yield Change(dataset, kind, name)
    if old.form != new.form:
        yield Change(dataset, "form_changed", name, old.form, new.form)
    else:
        yield from _of_limits(dataset, old, new)
    texts = (old.description_vi, old.description_en, old.examples)
    if texts != (new.description_vi, new.description_en, new.examples):
        yield Change(dataset, "text_changed", name)


def _of_limits(dataset: str, old: Column, new: Column) -> Iterator[Change]:
    for limit, upper in (("minimum", False), ("maximum", True), ("max_length", True)):
        before, after = getattr(old, limit), getattr(new, limit)
        if before == after:
            continue
        narrowed = before is None or (
            after is not None and (after < before if upper else after > before)
        )
        kind = "limit_narrowed" if narrowed else "limit_widened"
        shown = ("none" if side is None else str(side) for side in (before, after))
        yield Change(dataset, kind, f"{limit} of {new.name}", *shown)


def _of_codes(
    dataset: str, old: Column, new: Column, old_lists: CodeLists, new_lists: CodeLists
) -> Iterator[Change]:
    if not old.code_list or not new.code_list:
        return
    if old.code_list != new.code_list:
        yield Change(dataset, "code_list_changed", new.name, old.code_list, new.code_list)
        return
    before, after = old_lists[old.code_list], new_lists[new.code_list]
    for code in before:
        if code not in after:
            yield Change(dataset, "code_removed", new.name, code)
        elif before[code][0] != after[code][0]:
            yield Change(dataset, "code_renamed", new.name, before[code][0], after[code][0])
    for code in after:
        if code not in before:
            yield Change(dataset, "code_added", new.name, new=code)


def _of_rules(old: Contract, new: Contract) -> Iterator[Change]:
    before = {rule.check_id: rule for rule in old.rules}
    after = {rule.check_id: rule for rule in new.rules}
    for check_id, rule in before.items():
        if check_id not in after and not _is_of_declaration(rule):
            yield Change(new.dataset, "rule_removed", check_id)
    for check_id, rule in after.items():
        was = before.get(check_id)
        refuses = rule.severity == "error"
        if was is None:
            if not _is_of_declaration(rule):
                yield Change(new.dataset, "rule_added" if refuses else "warning_added", check_id)
            continue
        if was.severity != rule.severity:
            yield Change(new.dataset, "rule_stricter" if refuses else "rule_milder", check_id)
        if (was.kind, was.arguments) != (rule.kind, rule.arguments):
            kind = "rule_changed" if refuses else "warning_changed"
            yield Change(new.dataset, kind, check_id, _asked(was), _asked(rule))
        if _texts(was) != _texts(rule):
            yield Change(new.dataset, "text_changed", check_id)


def _is_of_declaration(rule: Rule) -> bool:
    """Whether it comes and goes with what a column declares, and is told as that change."""
    return rule.kind in ("required", "readable", "code", "range")


def _asked(rule: Rule) -> str:
    said = ", ".join(f"{name} {value}" for name, value in rule.arguments.items())
    return f"{rule.kind} ({said})"


def _texts(rule: Rule) -> tuple[str, ...]:
    return (rule.title_vi, rule.title_en, rule.message_vi, rule.message_en, rule.responsibility)
