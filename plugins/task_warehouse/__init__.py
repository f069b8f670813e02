"""The road of a row: collect, land, read, check, build, publish."""

__version__ = "0.1.0"
