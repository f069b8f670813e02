"""Follow a number: pages inside Airflow's web UI from a figure down to the raw bytes behind it.

Read-only: the published snapshot for what the marts say, the rooms (receipts, ledger, rejects,
accepted rows, landing) for where it came from. Every page asks for Airflow's own login; values as
received are shown only to those who may operate the DAGs (see :mod:`~.access`).
"""
