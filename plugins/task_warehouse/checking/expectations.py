"""The one module that knows Great Expectations; imported inside a function, once a check.

The suite of a dataset is its contract. Great Expectations says whether a rule is broken and how
often; which rows break it is selected by SQL (its own ``unexpected_index_query`` for the rules it
brings along, ours otherwise) that DuckDB runs, so no row travels through Python. A result that
carries an exception is a crash of the check, never bad data.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

# Before the import below: it reads the environment once.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import duckdb
import duckdb_engine
import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.data_context.types.base import ProgressBarsConfig
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from task_warehouse.checking.conditions import NATIVE, failing_rows
from task_warehouse.contracts import Contract, Contracts, Rule
from task_warehouse.errors import AuditError

RESULT_FORMAT = {
    "result_format": "BASIC",
    "unexpected_index_column_names": ["row_id"],
    "return_unexpected_index_query": True,
    "partial_unexpected_count": 0,
    "include_unexpected_rows": False,
}
LONGEST_ASKED = 80
BIND_SIGN = re.compile(r"(?<!:):(?=\w)")
BATCH = "{batch}"

_shared: dict[str, duckdb.DuckDBPyConnection] = {}
_shared_guard = threading.Lock()


class BufferedContext(duckdb_engine.Dialect.execution_ctx_cls):
    """Fetches a result at once: Great Expectations reads it after the connection went back."""

    def post_exec(self) -> None:
        super().post_exec()
        if self.cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, initial_buffer=self.cursor.fetchall()
            )


class SharedDialect(duckdb_engine.Dialect):
    """DuckDB through a connection that we already hold; the database's name is its key."""

    execution_ctx_cls = BufferedContext
    supports_statement_cache = False

    def connect(self, *arguments: Any, **options: Any) -> Any:
        name = str(arguments[0] if arguments else options["database"])
        return duckdb_engine.ConnectionWrapper(_shared[name].cursor())


class RowsExpectation(gxe.UnexpectedRowsExpectation):
    """Selects the rows that break a rule of a contract; fails when there are any.

    Only the number of rows is asked for. The base class also fetches the rows, which is a second
    run of the query and a copy of data that is not to leave the database.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - their signature
        execution_engine: Any = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        count = metrics["unexpected_rows_query.row_count"]
        return {"success": count == 0, "result": {"observed_value": count}}


class ExpectReadableValues(RowsExpectation):
    """Values read as the type their column declares."""


class ExpectValuesInRange(RowsExpectation):
    """Values lie within the limits their column declares."""


class ExpectTextsOfBoundedLength(RowsExpectation):
    """Texts are no longer than their column declares."""


class ExpectNoControlCharacters(RowsExpectation):
    """Texts hold no invisible control character."""


class ExpectNoFormulaTexts(RowsExpectation):
    """Texts do not begin like a spreadsheet formula."""


class ExpectOneContentPerKey(RowsExpectation):
    """Rows of one delivery that share the key are equal."""


class ExpectOneContentPerKeyAcross(RowsExpectation):
    """Rows of several deliveries of one pull that share the key are equal."""


class ExpectTextsToMatch(RowsExpectation):
    """Texts look as the contract says."""


class ExpectNotAfter(RowsExpectation):
    """One value is not after another, or not after the business date."""


class ExpectPeriodNotAfter(RowsExpectation):
    """A period does not begin after the business date."""


class ExpectColumnsToDiffer(RowsExpectation):
    """A row does not refer to itself."""


class ExpectKnownReference(RowsExpectation):
    """What a row refers to was received before it, or with it."""


class ExpectKnownOrganisation(RowsExpectation):
    """The reporting body is in the register of organisations."""


class ExpectExistingOrganisation(RowsExpectation):
    """The reporting body existed in the period it reports on."""


class ExpectNoDerivedValues(RowsExpectation):
    """No value is typed for an indicator that is computed from others."""


class ExpectOneValuePerPeriod(RowsExpectation):
    """One value for an indicator, body, period and breakdown, however the body is spelt."""


class ExpectOneValueAmongSources(RowsExpectation):
    """Two sources do not give two values for one indicator, body, period and breakdown."""


class ExpectCumulativeNotToFall(RowsExpectation):
    """The value of a cumulative indicator does not fall from one period to the next."""


class ExpectPercentToAgree(RowsExpectation):
    """Percentage, state and day of completion say the same."""


class ExpectCompleteTarget(RowsExpectation):
    """A comparison has the target values it needs."""


class ExpectNoPersonalData(RowsExpectation):
    """No identity number, telephone number or e-mail address."""


ROWS: Mapping[str, type[RowsExpectation]] = {
    "readable": ExpectReadableValues,
    "range": ExpectValuesInRange,
    "length": ExpectTextsOfBoundedLength,
    "control_characters": ExpectNoControlCharacters,
    "formula": ExpectNoFormulaTexts,
    "key": ExpectOneContentPerKey,
    "key_across": ExpectOneContentPerKeyAcross,
    "matches": ExpectTextsToMatch,
    "not_after": ExpectNotAfter,
    "period_not_after": ExpectPeriodNotAfter,
    "columns_differ": ExpectColumnsToDiffer,
    "known_reference": ExpectKnownReference,
    "known_organisation": ExpectKnownOrganisation,
    "existing_organisation": ExpectExistingOrganisation,
    "not_derived": ExpectNoDerivedValues,
    "one_value": ExpectOneValuePerPeriod,
    "one_source": ExpectOneValueAmongSources,
    "not_falling": ExpectCumulativeNotToFall,
    "percent_agrees": ExpectPercentToAgree,
    "target_complete": ExpectCompleteTarget,
    "no_personal_data": ExpectNoPersonalData,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule: how many rows, and the query of these rows (see :mod:`.conditions`)."""

    rule: Rule
    count: int
    query: str


@contextmanager
def validator(con: duckdb.DuckDBPyConnection) -> Iterator[Validator]:
    """Validates tables of the database that ``con`` has open, for as long as the block runs."""
    name = f"shared-{id(con)}"
    registry.register("duckdb", __name__, "SharedDialect")
    with _shared_guard:
        _shared[name] = con
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_or_update_sql(
        name="check", connection_string=f"duckdb:///{name}"
    )
    try:
        yield Validator(context, source)
    finally:
        source.get_execution_engine().engine.dispose()
        with _shared_guard:
            del _shared[name]


class Validator:
    """A Great Expectations context over one DuckDB database."""

    def __init__(self, context: Any, source: Any) -> None:
        self._context = context
        self._source = source
        # What Great Expectations said of each dataset: counts and our own texts, no row.
        self.outcomes: dict[str, dict[str, Any]] = {}

    def validate(self, contract: Contract, contracts: Contracts, table: str) -> list[Finding]:
        """The broken rules of ``table``.

        Raises :class:`AuditError` when a rule could not be evaluated.
        """
        asset = self._source.add_table_asset(name=table, table_name=table)
        batch = asset.add_batch_definition_whole_table("all")
        suite = self._context.suites.add(suite_of(contract, contracts))
        definition = gx.ValidationDefinition(name=contract.dataset, data=batch, suite=suite)
        outcome = self._context.validation_definitions.add(definition).run(
            result_format=RESULT_FORMAT
        )
        self.outcomes[contract.dataset] = _without_rows(outcome.to_json_dict())
        rules = {rule.check_id: rule for rule in contract.rules}
        found = [_finding(result, rules, contract, table) for result in outcome.results]
        seen = {finding.rule.check_id for finding in found}
        if seen != set(rules):
            raise AuditError(f"rules without a result: {sorted(set(rules) - seen)}")
        return [finding for finding in found if finding.count]


KEPT_OF_CONFIG = ("type", "description", "severity", "meta")
KEPT_OF_RESULT = ("element_count", "unexpected_count", "unexpected_percent", "observed_value")


def _without_rows(outcome: dict[str, Any]) -> dict[str, Any]:
    """A validation result as JSON without anything that a row could get into."""
    results = [
        {
            "success": result["success"],
            "expectation_config": {
                name: result["expectation_config"].get(name) for name in KEPT_OF_CONFIG
            },
            "result": {
                name: result["result"][name] for name in KEPT_OF_RESULT if name in result["result"]
            },
        }
        for result in outcome["results"]
    ]
    return {
        "success": outcome["success"],
        "statistics": outcome["statistics"],
        "results": results,
    }


def suite_of(contract: Contract, contracts: Contracts) -> Any:
    """The Great Expectations suite of a contract: one expectation a rule."""
    expectations = [expectation_of(contract, rule, contracts) for rule in contract.rules]
    return gx.ExpectationSuite(name=contract.dataset, expectations=expectations)


def expectation_of(contract: Contract, rule: Rule, contracts: Contracts) -> Any:
    """The expectation that carries ``rule`` out; its ``meta`` names the check."""
    said: dict[str, Any] = {
        "description": _text_of(rule),
        "meta": {"check_id": rule.check_id, "severity": rule.severity},
        "severity": "critical" if rule.severity == "error" else "warning",
    }
    if rule.kind in ("required", "present"):
        return gxe.ExpectColumnValuesToNotBeNull(column=rule.arguments["column"], **said)
    if rule.kind == "code":
        column = contract.column(rule.arguments["column"])
        codes = list(contracts.code_lists[column.code_list or ""])
        return gxe.ExpectColumnValuesToBeInSet(column=column.name, value_set=codes, **said)
    return ROWS[rule.kind](unexpected_rows_query=_for_gx(failing_rows(contract, rule)), **said)


def _text_of(rule: Rule) -> str:
    """The Data Docs text of a rule, Vietnamese / English; what it asks where that is short."""
    said = []
    for title, expected in (
        (rule.title_vi, rule.expected_vi),
        (rule.title_en, rule.expected_en),
    ):
        asked = f" ({expected})" if 0 < len(expected) <= LONGEST_ASKED else ""
        said.append(f"{title}{asked}")
    return " / ".join(said)


def _for_gx(query: str) -> str:
    """``query`` for Great Expectations' formatting and SQLAlchemy's binding: signs escaped."""
    before, *after = query.split(BATCH)
    parts = [part.replace("{", "{{").replace("}", "}}") for part in (before, *after)]
    return BIND_SIGN.sub(r"\\:", BATCH.join(parts))


def _finding(result: Any, rules: Mapping[str, Rule], contract: Contract, table: str) -> Finding:
    rule = rules[result.expectation_config.meta["check_id"]]
    _refuse_exceptions(result, rule)
    if rule.kind in NATIVE:
        count = result.result["unexpected_count"]
        own = str(result.result.get("unexpected_index_query", "")).rstrip("; \n")
        query = (
            f"select row_id, '{rule.column}' as column_name,"
            f" cast(null as varchar) as expected from ({own})"
        )
    else:
        count = result.result["observed_value"]
        query = failing_rows(contract, rule).replace(BATCH, table)
    if result.success != (count == 0):
        raise AuditError(
            f"Great Expectations says success={result.success} with {count} rows",
            where=rule.check_id,
            remedy="the versions in the lock file were verified together; restore them",
        )
    return Finding(rule, count, query)


def _refuse_exceptions(result: Any, rule: Rule) -> None:
    said = result.exception_info or {}
    causes = [said] if "raised_exception" in said else list(said.values())
    for cause in causes:
        if cause.get("raised_exception"):
            raise AuditError(
                f"the rule could not be evaluated: {cause.get('exception_message')}",
                where=rule.check_id,
                remedy="this is a fault of ours, not of a source; report it with the log",
            )
