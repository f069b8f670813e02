"""A PostgreSQL server of our own for the session, and a database of its own for every test."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest
from tests.postgres.server_process import PASSWORD, Server, ServerMissingError, running_server


@dataclass(frozen=True)
class Database:
    """A fresh database that the login ``loader`` owns; ``address`` is the loader's."""

    server: Server
    name: str

    @property
    def address(self) -> str:
        return self.server.address(self.name, "loader")

    def connect(self, user: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            self.server.address(self.name, user), autocommit=True, options="-c timezone=UTC"
        )

    def rows(self, query: str, user: str = "postgres") -> list[tuple[object, ...]]:
        with self.connect(user) as connection:
            return connection.execute(query).fetchall()

    def value(self, query: str, user: str = "postgres") -> object:
        return self.rows(query, user)[0][0]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    try:
        with running_server(fsync="off", max_connections=60) as running:
            yield running
    except ServerMissingError as error:
        pytest.skip(str(error))


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    name = f"door_{secrets.token_hex(4)}"
    with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name} owner loader")
        yield Database(server, name)
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def login(database: Database) -> Iterator[Callable[..., str]]:
    """Make logins that are members of the roles given; they are dropped afterwards."""
    made: list[str] = []

    def make(*roles: str) -> str:
        name = f"login_{secrets.token_hex(4)}"
        with database.connect() as connection:
            connection.execute(f"create role {name} login password '{PASSWORD}'")
            for role in roles:
                connection.execute(f"grant {role} to {name}")
        made.append(name)
        return name

    yield make
    with database.connect() as connection:
        for name in made:
            connection.execute(f"drop owned by {name}")
            connection.execute(f"drop role {name}")
