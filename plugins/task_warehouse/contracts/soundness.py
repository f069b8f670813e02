"""Whether a rule of a contract can be carried out, can fail, and can hold.

A rule with a mistake in it is worse than none: it says that something is watched which nobody
watches. What can be seen from the declaration is refused here, when the contract is loaded; that
every rule really refuses a row that breaks it, and only that, is the mutation test's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from task_warehouse.contracts.model import DATASETS, Contract, Rule
from task_warehouse.errors import ContractError

BUSINESS_DATE = "business_date"
REFERENCES = ("documents", "tasks", "indicators")
PLACES = {"column", "value", "expected"}
PLACE = re.compile(r"\{([^{}]*)\}")
COMPARABLE = {"date": "date", "period_end": "date", "number": "number"}
# Cells that no sensible pattern lets all through.
PROBES = ("", "a", "A1", "Đ", "-", "1", "a b", "§", "2025-01-01", "x" * 300)

# Arguments of each kind of rule and the forms of column they take; None: not a column.
Forms = tuple[str, ...] | None
ANY = ("text", "date", "period_end", "timestamp", "number", "period", "code")
SERIES: dict[str, Forms] = {
    "indicator": ("text",),
    "organisation": ("text",),
    "period": ("period",),
    "breakdown": ("text",),
    "value": ("number",),
}
KINDS: dict[str, dict[str, Forms]] = {
    "present": {"column": ANY},
    "matches": {"column": ("text",), "pattern": None},
    "not_after": {"column": tuple(COMPARABLE), "limit": None},
    "period_not_after": {"column": ("period",), "limit": None},
    "columns_differ": {"column": ("text",), "other": ("text",)},
    "known_reference": {"column": ("text",), "reference": None},
    "not_derived": {"column": ("text",)},
    "known_organisation": {"column": ("text",)},
    "existing_organisation": {"column": ("text",), "period": ("period",)},
    "one_value": SERIES,
    "one_source": SERIES,
    "not_falling": SERIES,
    "percent_agrees": {"percent": ("number",), "completed_on": ("date",), "status": ("code",)},
    "target_complete": {
        "operator": ("code",),
        "low": ("number",),
        "high": ("number",),
        "text": ("text",),
    },
    "no_personal_data": {},
}


def verify(contract: Contract, before: Sequence[Rule], rule: Rule, where: str) -> None:
    """Refuse ``rule`` (``before`` stand the others) with a :class:`ContractError` at ``where``."""
    name = rule.check_id.partition(".")[2]

    def refuse(what: str, remedy: str) -> ContractError:
        return ContractError(f"rule '{name}': {what}", where=where, remedy=remedy)

    if rule.check_id in {other.check_id for other in before}:
        raise refuse("another rule has this id", "give it a name of its own")
    if rule.kind not in KINDS or set(rule.arguments) != set(KINDS[rule.kind]):
        known = {kind: list(forms) for kind, forms in KINDS.items()}
        raise refuse(
            f"no rule '{rule.kind}' with the arguments {sorted(rule.arguments)}",
            f"known rules and their arguments: {known}",
        )
    if rule.column is not None and rule.column not in contract.names:
        raise refuse(f"it names no column '{rule.column}'", "use a column of this contract")
    _verify_columns(contract, rule, refuse)
    said = (rule.message_vi, rule.message_en)
    unknown = {place for text in said for place in PLACE.findall(text)} - PLACES
    if unknown or not all(text.strip() for text in (*said, rule.title_vi, rule.title_en)):
        raise refuse(
            f"its message is empty or holds {sorted(unknown)}, which nothing fills",
            f"texts in both languages; places are {sorted(PLACES)}",
        )
    never = NEVER.get(rule.kind)
    cause = never(contract, rule) if never else None
    if cause:
        raise refuse(cause, "delete the rule, or say what it is to look at")
    same = [o for o in before if (o.kind, o.arguments) == (rule.kind, rule.arguments)]
    if same:
        raise refuse(
            f"it asks what '{same[0].check_id}' asks: it can never fail alone",
            "delete one of the two",
        )


def _verify_columns(
    contract: Contract, rule: Rule, refuse: Callable[[str, str], ContractError]
) -> None:
    for name, forms in KINDS[rule.kind].items():
        value = rule.arguments[name]
        if forms is None:
            known = _known_values(contract, rule, name)
            if known is not None and value not in known:
                raise refuse(
                    f"'{name}' names '{value}', which the contract does not have",
                    f"use one of: {', '.join(known)}",
                )
        elif value not in contract.names:
            raise refuse(
                f"'{name}' names '{value}', which the contract does not have",
                f"use a column of this contract: {', '.join(contract.names)}",
            )
        elif contract.column(value).form not in forms:
            raise refuse(
                f"'{name}' is a column of the form '{contract.column(value).form}'",
                f"the rule {rule.kind} looks at the forms: {', '.join(forms)}",
            )


def _known_values(contract: Contract, rule: Rule, argument: str) -> tuple[str, ...] | None:
    """What an argument that is no column may be; None for free text."""
    if argument == "reference":
        # A later dataset's rows of the same batch are not known yet: honest rows would be refused.
        return REFERENCES if contract.dataset not in REFERENCES else _earlier(contract.dataset)
    if argument == "limit" and rule.kind == "period_not_after":
        return (BUSINESS_DATE,)
    if argument == "limit":
        form = COMPARABLE[contract.column(rule.arguments["column"]).form]
        alike = [c.name for c in contract.columns if COMPARABLE.get(c.form) == form]
        return (*alike, *([BUSINESS_DATE] if form == "date" else []))
    return None


def _earlier(dataset: str) -> tuple[str, ...]:
    return tuple(name for name in REFERENCES if DATASETS.index(name) < DATASETS.index(dataset))


def _never_present(contract: Contract, rule: Rule) -> str | None:
    column = contract.column(rule.arguments["column"])
    return f"'{column.name}' is required already: it can never fail" if column.required else None


def _never_matches(_contract: Contract, rule: Rule) -> str | None:
    try:
        pattern = re.compile(rule.arguments["pattern"])
    except (re.error, TypeError) as error:
        return f"the pattern is none: {error}"
    return "every text matches the pattern: it can never fail" if all(
        pattern.search(probe) for probe in PROBES
    ) else None  # fmt: skip


def _never_after(_contract: Contract, rule: Rule) -> str | None:
    same = rule.arguments["column"] == rule.arguments["limit"]
    return "a column is compared with itself: it can never fail" if same else None


def _never_differ(_contract: Contract, rule: Rule) -> str | None:
    same = rule.arguments["column"] == rule.arguments["other"]
    return "a column is to differ from itself: no row can pass" if same else None


def _never_personal(contract: Contract, _rule: Rule) -> str | None:
    looked_at = [c for c in contract.columns if c.is_text and c.name not in contract.key]
    return None if looked_at else "no column holds free text: it can never fail"


def _never_apart(_contract: Contract, rule: Rule) -> str | None:
    names = list(rule.arguments.values())
    return "one column stands for two arguments" if len(set(names)) < len(names) else None


NEVER: dict[str, Callable[[Contract, Rule], str | None]] = {
    "present": _never_present,
    "matches": _never_matches,
    "not_after": _never_after,
    "columns_differ": _never_differ,
    "no_personal_data": _never_personal,
    "one_value": _never_apart,
    "one_source": _never_apart,
    "not_falling": _never_apart,
    "target_complete": _never_apart,
}
