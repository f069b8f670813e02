"""Who may read what: four group roles, row security by organisation, and columns nobody else sees.

Logins are the database administrator's to make; a login becomes a reader by membership in one of
the roles here, and an organisation's login by a row in ``task_warehouse.organisation_login``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psycopg
from psycopg import errors, sql

from task_warehouse.postgres.declaring import comment_columns, comment_on
from task_warehouse.postgres.relations import Table

LEADERSHIP = "tw_leadership"
INSPECTION = "tw_inspection"
ORGANISATION = "tw_organisation"
ENGINEER = "tw_engineer"
ROLES = {
    LEADERSHIP: "Lãnh đạo: mọi bảng, trừ giá trị bị từ chối / Leadership: all marts but the "
    "values refused",
    INSPECTION: "Thanh tra, kiểm tra: mọi nhiệm vụ và phát hiện / Inspection: all tasks and "
    "findings",
    ORGANISATION: "Cơ quan: dòng của mình và cấp dưới / An organisation: its own rows and those "
    "of the bodies below it",
    ENGINEER: "Kỹ sư dữ liệu: tất cả / Data engineers: everything",
}
CONTROL = "task_warehouse"

# As received from a source, so nobody knows what they hold.
RAW_COLUMNS = {"mart_reject": ("value", "raw")}
SHARED_REJECTS = "mart_reject_without_values"
# Beside what has a task key: findings about tasks and about how they are reported.
FINDINGS = (
    "mart_document_cascade",
    "mart_movement",
    "mart_reconciliation",
    "mart_reject",
    "mart_reporting",
    "mart_scorecard",
    "mart_substance",
)

CONTROL_TABLES = f"""
create schema if not exists {CONTROL};
create table if not exists {CONTROL}.organisation_login (
    role_name text not null,
    organisation_code text not null,
    primary key (role_name, organisation_code)
);
create table if not exists {CONTROL}.served_schema (
    schema_oid oid primary key,
    snapshot_id text not null,
    content text not null,
    relations text[] not null,
    state text not null check (state in ('built', 'served', 'retired')),
    built_at timestamptz not null default now(),
    served_at timestamptz,
    retired_at timestamptz
);
comment on table {CONTROL}.organisation_login is
    'Một dòng một vai trò đăng nhập và cơ quan của nó / One row per login (or group role) and '
    'organisation whose rows it reads';
comment on table {CONTROL}.served_schema is
    'Một dòng một lược đồ do đường ống dựng / One row per schema the pipeline built';
"""
CONTROL_GRANTS = f"""
grant usage on schema {CONTROL} to {ENGINEER};
grant select on all tables in schema {CONTROL} to {ENGINEER};
grant insert, update, delete on {CONTROL}.organisation_login to {ENGINEER};
"""

# Who reads is the role set by SET ROLE, else the login: within a function that runs with its
# owner's rights current_user is the owner, and an argument could name somebody else.
READER = "case current_setting('role') when 'none' then session_user::text \
else current_setting('role') end"

# The bodies are bound to the tables of their own schema when they are created, so a reader in the
# middle of a swap never looks up yesterday's tasks in today's bridge.
OWN_ORGANISATIONS = f"""
create function {{schema}}.own_organisations() returns setof text
language sql stable security definer rows 50
begin atomic
    with recursive own(code) as (
        select mapped.organisation_code
        from {CONTROL}.organisation_login as mapped
        join pg_catalog.pg_roles as known on known.rolname = mapped.role_name
        where pg_catalog.pg_has_role({READER}, known.oid, 'usage')
        union
        select below.code
        from own join (
            select organisation_code as code, parent_code as above
            from {{schema}}.dim_organisation where is_current
            union all
            select organisation_code, successor_code from {{schema}}.dim_organisation
        ) as below on below.above = own.code
    )
    select code from own;
end
"""
# A view and no function: the planner may look up one task in it, or make a set of all of them. It
# runs with its owner's rights, and as a barrier shows nobody's function the rows of others.
OWN_TASK = """
create view {schema}.own_task with (security_barrier = true) as
select task_key from {schema}.bridge_task_organisation
where organisation_code = any (array(select {schema}.own_organisations()))
"""
SOURCE_TABLE = "source_organisation"
SOURCES = f"""
create table {{schema}}.{SOURCE_TABLE} (
    source text not null, organisation_code text not null, primary key (source, organisation_code)
)
"""
OWN_SOURCES = f"""
create function {{schema}}.own_sources() returns setof text
language sql stable security definer rows 50
begin atomic
    select source from {{schema}}.{SOURCE_TABLE}
    where organisation_code in (select {{schema}}.own_organisations());
end
"""

OWN_ROWS = {
    "reference": "true",
    "task": "exists (select from {schema}.own_task as own where own.task_key = {table}.task_key)",
    "organisation": "organisation_code = any (array(select {schema}.own_organisations()))",
    "source": "source = any (array(select {schema}.own_sources()))",
}
# A task led by nobody known is still the business of the body that exports it.
OWN_ROWS["exported task"] = "{} or {}".format(OWN_ROWS["source"], OWN_ROWS["task"])


def ensure_roles(connection: psycopg.Connection) -> None:
    """Create the group roles and the control tables where they are not there yet."""
    for name, text in ROLES.items():
        found = connection.execute("select 1 from pg_roles where rolname = %s", (name,)).fetchone()
        if found:
            continue
        role = sql.SQL("role {}").format(sql.Identifier(name))
        try:
            connection.execute(sql.SQL("create {} nologin").format(role))
        except errors.DuplicateObject:  # roles are shared by all databases of the server
            continue
        comment_on(connection, role, text)
    with connection.transaction():
        connection.execute(CONTROL_TABLES)
        connection.execute(CONTROL_GRANTS)


def own_rows(table: Table) -> str | None:
    """Which rule of ``OWN_ROWS`` gives an organisation its rows; None where it reads nothing."""
    if table.name.startswith("dim_") and table.name != "dim_task":
        return "reference"
    if "task_key" in table.column_names:
        return "exported task" if "source" in table.column_names else "task"
    if "organisation_code" in table.column_names:
        return "organisation"
    return "source" if "source" in table.column_names else None


def secure(
    connection: psycopg.Connection,
    schema: str,
    tables: Mapping[str, Table],
    owners: Iterable[tuple[str, str]],
) -> None:
    """Give the new schema its look-ups, row security and grants.

    ``owners``: each source with the organisation it belongs to.
    """
    _create_lookups(connection, schema, owners)
    place = sql.Identifier(schema)
    for role in ROLES:
        connection.execute(
            sql.SQL("grant usage on schema {} to {}").format(place, sql.Identifier(role))
        )
    for table in tables.values():
        rule = own_rows(table)
        _secure_rows(connection, schema, table, rule)
        _grant(connection, schema, table, [ENGINEER], whole=True)
        readers = [LEADERSHIP, *([ORGANISATION] if rule else [])]
        if rule == "reference" or "task_key" in table.column_names or table.name in FINDINGS:
            readers.append(INSPECTION)
        _grant(connection, schema, table, readers, whole=False)
    if "mart_reject" in tables:
        _share_rejects(connection, schema, tables["mart_reject"])


def open_to_all(connection: psycopg.Connection, schema: str, table: str) -> None:
    """Let every role of ours read a table that says nothing about any body."""
    connection.execute(
        sql.SQL("grant select on {} to {}").format(sql.Identifier(schema, table), _names(ROLES))
    )


def _create_lookups(
    connection: psycopg.Connection, schema: str, owners: Iterable[tuple[str, str]]
) -> None:
    """What the rules of ``OWN_ROWS`` ask: the reader's organisations, sources and tasks."""
    place, readers = sql.Identifier(schema), sql.Identifier(ORGANISATION)
    connection.execute(sql.SQL(SOURCES).format(schema=place))
    said = "Một dòng một nguồn và cơ quan của nó / One row per source and the body it belongs to"
    comment_on(connection, sql.SQL("table {}").format(sql.Identifier(schema, SOURCE_TABLE)), said)
    copied = sql.SQL("copy {} from stdin (freeze)").format(sql.Identifier(schema, SOURCE_TABLE))
    with connection.cursor() as cursor, cursor.copy(copied) as copy:
        for owner in owners:
            copy.write_row(owner)
    for name, body in (("own_organisations", OWN_ORGANISATIONS), ("own_sources", OWN_SOURCES)):
        connection.execute(sql.SQL(body).format(schema=place))
        function = sql.SQL("function {}()").format(sql.Identifier(schema, name))
        connection.execute(sql.SQL("revoke all on {} from public").format(function))
        connection.execute(sql.SQL("grant execute on {} to {}").format(function, readers))
    connection.execute(sql.SQL(OWN_TASK).format(schema=place))
    view = sql.Identifier(schema, "own_task")
    connection.execute(sql.SQL("grant select on {} to {}").format(view, readers))
    said = "Nhiệm vụ của cơ quan đang đọc / Tasks of the organisation that reads this"
    comment_on(connection, sql.SQL("view {}").format(view), said)


def _secure_rows(
    connection: psycopg.Connection, schema: str, table: Table, rule: str | None
) -> None:
    place = sql.Identifier(schema, table.name)
    connection.execute(sql.SQL("alter table {} enable row level security").format(place))
    connection.execute(
        sql.SQL("create policy tw_all_rows on {} for select to {} using (true)").format(
            place, _names([LEADERSHIP, INSPECTION, ENGINEER])
        )
    )
    if rule:
        own = sql.SQL(OWN_ROWS[rule]).format(schema=sql.Identifier(schema), table=place)
        connection.execute(
            sql.SQL("create policy tw_own_rows on {} for select to {} using ({})").format(
                place, sql.Identifier(ORGANISATION), own
            )
        )


def _grant(
    connection: psycopg.Connection, schema: str, table: Table, roles: list[str], *, whole: bool
) -> None:
    """Let ``roles`` read the table; not ``whole``: without its raw columns."""
    withheld = () if whole else RAW_COLUMNS.get(table.name, ())
    columns: sql.Composable = sql.SQL("")
    if withheld:
        columns = sql.SQL("({})").format(_names(_shown(table, withheld)))
    connection.execute(
        sql.SQL("grant select {} on {} to {}").format(
            columns, sql.Identifier(schema, table.name), _names(roles)
        )
    )


def _share_rejects(connection: psycopg.Connection, schema: str, table: Table) -> None:
    """A view for tools that ask for all columns; it checks the reader's own rights and rows."""
    view = sql.Identifier(schema, SHARED_REJECTS)
    shown = _shown(table, RAW_COLUMNS[table.name])
    connection.execute(
        sql.SQL("create view {} with (security_invoker = true) as select {} from {}").format(
            view, _names(shown), sql.Identifier(schema, table.name)
        )
    )
    connection.execute(sql.SQL("grant select on {} to {}").format(view, _names(ROLES)))
    comment_on(
        connection,
        sql.SQL("view {}").format(view),
        f"{table.comment or table.name} Without the values as received.",
    )
    comments = {c.name: c.comment for c in table.columns if c.comment and c.name in shown}
    comment_columns(connection, schema, SHARED_REJECTS, comments)


def _shown(table: Table, withheld: Iterable[str]) -> list[str]:
    return [name for name in table.column_names if name not in withheld]


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)
