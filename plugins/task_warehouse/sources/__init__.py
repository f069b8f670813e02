"""Who exports what, from where, how often: the declared sources, one YAML file each or a family."""

from task_warehouse.sources.describing import describe
from task_warehouse.sources.loading import load_sources
from task_warehouse.sources.model import DATASETS, DatasetSource, Source

__all__ = ["DATASETS", "DatasetSource", "Source", "describe", "load_sources"]
