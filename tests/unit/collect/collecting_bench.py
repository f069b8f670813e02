"""A bench for pulling: a data root, a folder of source files, and a server that misbehaves."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from task_warehouse import collecting, landing, receipts
from task_warehouse.settings import Home

AS_OF = date(2025, 7, 1)
RECEIVED_AT = datetime(2025, 7, 1, 0, 0, tzinfo=UTC)

# Small enough for a test of seconds; a behaviour under test sets its own.
QUICK = {
    "deadline_seconds": 5,
    "read_seconds": 2,
    "connect_seconds": 2,
    "retries": 1,
    "backoff_seconds": 0.01,
}


@dataclass
class Bench:
    """Declares sources, collects them, looks at receipts and landed bytes."""

    root: Path
    runs: int = field(default=0)

    @property
    def home(self) -> Home:
        return Home(self.root / "home")

    @property
    def sources(self) -> Path:
        return self.root / "sources"

    def declare(
        self,
        source: str = "bo-g06",
        *,
        organisation: str = "G06",
        deadline_seconds: float = 600,
        **datasets: Any,
    ) -> None:
        """Write the source file; JSON is YAML."""
        said = {
            "source": source,
            "organisation": organisation,
            "deadline_seconds": deadline_seconds,
            "datasets": datasets,
        }
        self.sources.mkdir(exist_ok=True)
        (self.sources / f"{source}.yml").write_text(
            json.dumps(said, ensure_ascii=False), encoding="utf-8"
        )

    def declare_text(self, text: str, name: str = "source.yml") -> Path:
        self.sources.mkdir(exist_ok=True)
        path = self.sources / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def http(self, url: str, **more: Any) -> dict[str, Any]:
        limits = {**QUICK, **more.pop("limits", {})}
        return {"transport": "http", "url": url, "limits": limits, **more}

    def folder(self, path: str = "drop", **more: Any) -> dict[str, Any]:
        return {"transport": "folder", "path": path, "settle_seconds": 0, **more}

    def sftp(self, url: str, path: str, **more: Any) -> dict[str, Any]:
        limits = {**QUICK, **more.pop("limits", {})}
        auth = {"kind": "password", "user": "vai", "secret": "SFTP"}
        said = {"url": url, "path": path, "auth": auth, "settle_seconds": 0, "limits": limits}
        return {"transport": "sftp", **said, **more}

    def s3(self, url: str, bucket: str = "xuat-du-lieu", **more: Any) -> dict[str, Any]:
        limits = {**QUICK, **more.pop("limits", {})}
        said = {"url": url, "bucket": bucket, "limits": limits, "pattern": "*.csv"}
        return {"transport": "s3", **said, **more}

    def drop(self, name: str, content: bytes | str, folder: str = "drop") -> Path:
        path = self.sources / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def collect(
        self, as_of: date = AS_OF, *, batch: str | None = None, **more: Any
    ) -> list[dict[str, Any]]:
        """Collect all declared sources once; the receipts of this batch."""
        self.runs += 1
        batch = batch or f"batch-{self.runs}"
        planned = collecting.plan_batches(self.sources, as_of, batch_size=10_000)
        at = RECEIVED_AT + timedelta(days=(as_of - AS_OF).days, minutes=self.runs)
        collecting.collect_batch(self.home, self.sources, as_of, at, planned[0], batch, **more)
        return self.receipts("batch = ?", [batch])

    def collect_one(self, **more: Any) -> dict[str, Any]:
        found = self.collect(**more)
        assert len(found) == 1, found
        return found[0]

    def receipts(
        self, where: str = "true", values: list[Any] | None = None
    ) -> list[dict[str, Any]]:
        with duckdb.connect() as connection:
            receipts.scan(connection, self.home)
            result = connection.execute(
                f"from receipts where {where} order by source, dataset, business_date, origin",
                values or [],
            )
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def landed(self, receipt: dict[str, Any]) -> bytes:
        return landing.path_of(self.home, receipt["sha256"]).read_bytes()

    def files(self) -> list[Path]:
        """Everything in the landing, temporary files too."""
        folder = self.home.landing
        return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
