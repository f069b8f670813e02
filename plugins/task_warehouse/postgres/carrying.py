"""What an administrator added to the served schema, carried over to the one that replaces it.

Rights given to other roles, and row security of their own, are tied to the tables, not to their
names: without this a swap would take them away.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from task_warehouse.postgres.access import ROLES

OUR_POLICIES = ("tw_all_rows", "tw_own_rows")

# kind: schema, table or column; grantee is null for everybody.
RIGHTS = """
with owned as (
    select 'schema' as kind, null::name as relation, null::name as attribute, nspacl as acl,
        nspowner as owner
    from pg_namespace where oid = %(schema)s
    union all
    select 'table', relname, null, relacl, relowner
    from pg_class where relnamespace = %(schema)s and relkind in ('r', 'v')
    union all
    select 'column', relname, attname, attacl, relowner
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace = %(schema)s and relkind in ('r', 'v') and attnum > 0 and not attisdropped
)
select kind, relation, attribute, rolname, privilege_type, is_grantable
from owned, aclexplode(acl) left join pg_roles on pg_roles.oid = grantee
where grantee <> owner and (rolname is null or rolname <> all (%(ours)s))
"""
POLICIES = """
select tablename, policyname, permissive, roles::text[], cmd, qual, with_check
from pg_policies where schemaname = %s and policyname <> all (%s)
"""


@dataclass(frozen=True, slots=True)
class Additions:
    """Rows of ``RIGHTS`` and of ``POLICIES``."""

    rights: list[tuple[str, str | None, str | None, str | None, str, bool]]
    policies: list[tuple[str, str, str, list[str], str, str | None, str | None]]


def read_additions(connection: psycopg.Connection, schema_oid: int, schema: str) -> Additions:
    """Rights and row security in ``schema`` that are not ours."""
    rights = connection.execute(RIGHTS, {"schema": schema_oid, "ours": list(ROLES)}).fetchall()
    policies = connection.execute(POLICIES, (schema, list(OUR_POLICIES))).fetchall()
    return Additions(rights, policies)


def apply_additions(connection: psycopg.Connection, schema: str, additions: Additions) -> None:
    """Give them to the tables of ``schema`` that bear the same names; what is gone is left out."""
    present = {
        (relation, attribute)
        for relation, attribute in connection.execute(
            "select relname, attname from pg_class "
            "join pg_attribute on attrelid = pg_class.oid and attnum > 0 "
            "where relnamespace = %s::regnamespace",
            (sql.Identifier(schema).as_string(connection),),
        ).fetchall()
    }
    relations = {relation for relation, _ in present}
    for kind, relation, attribute, role, privilege, grantable in additions.rights:
        if kind == "table" and relation not in relations:
            continue
        if kind == "column" and (relation, attribute) not in present:
            continue
        names = (name for name in (schema, relation) if name)
        connection.execute(
            sql.SQL("grant {}{} on {} {} to {}{}").format(
                sql.SQL(privilege),
                sql.SQL("({})").format(sql.Identifier(attribute)) if attribute else sql.SQL(""),
                sql.SQL("schema" if kind == "schema" else "table"),
                sql.Identifier(*names),
                _role(role or "public"),
                sql.SQL(" with grant option" if grantable else ""),
            )
        )
    for policy in additions.policies:
        if policy[0] in relations:
            _create_policy(connection, schema, *policy)


def _create_policy(
    connection: psycopg.Connection,
    schema: str,
    table: str,
    name: str,
    permissive: str,
    roles: list[str],
    command: str,
    using: str | None,
    check: str | None,
) -> None:
    # The expressions are the server's own spelling of what the administrator wrote.
    clauses = [(" using ", using), (" with check ", check)]
    written = "".join(f"{word}({text})" for word, text in clauses if text)
    connection.execute(
        sql.SQL("create policy {} on {} as {} for {} to {}{}").format(
            sql.Identifier(name),
            sql.Identifier(schema, table),
            sql.SQL(permissive),
            sql.SQL(command),
            sql.SQL(", ").join(_role(role) for role in roles),
            sql.SQL(written),
        )
    )


def _role(name: str) -> sql.Composable:
    return sql.SQL("public") if name == "public" else sql.Identifier(name)
