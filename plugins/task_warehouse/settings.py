"""Where things are; read inside functions, never at import, so that tests can move the root."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "TASK_WAREHOUSE_HOME"
SOURCES_VARIABLE = "TASK_WAREHOUSE_SOURCES"
CA_BUNDLE_VARIABLE = "TASK_WAREHOUSE_CA_BUNDLE"
TIMEZONE = "Asia/Ho_Chi_Minh"

PROJECT_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Home:
    """The data root: one folder a room, in the order of the road."""

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        """The root named by ``TASK_WAREHOUSE_HOME``, else ``var/`` beside the project."""
        value = os.environ.get(HOME_VARIABLE)
        return cls(Path(value).resolve() if value else PROJECT_ROOT / "var")

    @property
    def landing(self) -> Path:
        """Raw bytes, immutable, named by their SHA-256."""
        return self.root / "landing"

    @property
    def receipts(self) -> Path:
        """One Parquet file a batch of attempts, in a folder a business date."""
        return self.root / "receipts"

    @property
    def work(self) -> Path:
        """Scratch of a step; may be deleted whenever no step is running."""
        return self.root / "work"

    @property
    def accepted(self) -> Path:
        """Accepted rows: ``<dataset>/<check batch>.parquet``."""
        return self.root / "accepted"

    @property
    def rejects(self) -> Path:
        """Refused rows with their reasons: ``<check batch>.parquet``."""
        return self.root / "rejects"

    @property
    def ledger(self) -> Path:
        """Rows received, accepted, rejected, duplicate by delivery: ``<check batch>.parquet``."""
        return self.root / "ledger"

    @property
    def layouts(self) -> Path:
        """Where the columns of checked deliveries stood: ``<check batch>.parquet``."""
        return self.root / "layouts"

    @property
    def profiles(self) -> Path:
        """What checked deliveries look like in a few numbers: ``<check batch>.parquet``."""
        return self.root / "profiles"

    @property
    def reports(self) -> Path:
        """What each source gets back: ``<source>/<business date>.xlsx``, ``.json``, ``.txt``."""
        return self.root / "reports"

    @property
    def notified(self) -> Path:
        """What each reader of messages was told: ``<reader>/<kind>.json``."""
        return self.root / "notified"

    @property
    def decisions(self) -> Path:
        """What persons decided of held deliveries, kept for ever: ``<delivery>.json``."""
        return self.root / "decisions"

    @property
    def warehouse(self) -> Path:
        """The database dbt builds in, and dbt's own output."""
        return self.root / "warehouse"

    @property
    def published(self) -> Path:
        """Whole snapshots and the ``current`` link to the one in force."""
        return self.root / "published"

    @property
    def mornings(self) -> Path:
        """What each morning showed: ``<as-of date>/<snapshot>/``; never written twice."""
        return self.root / "mornings"

    @property
    def runs(self) -> Path:
        """One JSON file a published run."""
        return self.root / "runs"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def airflow(self) -> Path:
        """Airflow's home: its metadata database, configuration and task logs."""
        return self.root / "airflow"


def sources_directory() -> Path:
    """Folder of the source files: ``TASK_WAREHOUSE_SOURCES``, else ``sources/`` in the root."""
    value = os.environ.get(SOURCES_VARIABLE)
    return Path(value).resolve() if value else Home.from_environment().root / "sources"
