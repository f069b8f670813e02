"""Sample exports that ship with the product, and the truth they were generated from."""

from task_warehouse.sample.generating import SampleSummary, write_sample
from task_warehouse.sample.load import MANY_KINDS, LoadSummary, write_progress_load

__all__ = ["MANY_KINDS", "LoadSummary", "SampleSummary", "write_progress_load", "write_sample"]
