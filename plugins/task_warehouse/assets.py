"""The three things the DAGs hand each other. Imported by DAG files only: it imports Airflow."""

from __future__ import annotations

from airflow.sdk import Asset

LANDING = Asset("task-warehouse://landing", extra={"holds": "raw deliveries, receipts"})
CHECKED = Asset("task-warehouse://checked", extra={"holds": "accepted rows, rejects, ledger"})
PUBLISHED = Asset("task-warehouse://published", extra={"holds": "the snapshot in force"})
