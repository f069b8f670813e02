"""Contracts of the datasets (Open Data Contract Standard 3.1), as typed objects.

The YAML files of ``expectations/contracts`` say what an export must look like. From them, and only
from them, come the columns of the mapping, the Great Expectations suite, the texts of rejects, the
dbt sources, the JSON Schemas, the templates and the public pages. A wrong file is refused when it
is loaded, with file, line and remedy.
"""

from task_warehouse.contracts.loading import expectations_directory, load_contracts
from task_warehouse.contracts.model import (
    DATASETS,
    CodeLists,
    Column,
    Contract,
    Contracts,
    Form,
    Rule,
    ServiceLevel,
)
from task_warehouse.contracts.odcs import Dimension, Responsibility, Severity

__all__ = [
    "DATASETS",
    "CodeLists",
    "Column",
    "Contract",
    "Contracts",
    "Dimension",
    "Form",
    "Responsibility",
    "Rule",
    "ServiceLevel",
    "Severity",
    "expectations_directory",
    "load_contracts",
]
