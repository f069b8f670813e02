"""Sample exports that ship with the product, and the truth they were generated from."""

from task_warehouse.sample.generating import SampleSummary, write_sample

__all__ = ["SampleSummary", "write_sample"]
