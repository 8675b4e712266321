"""Readers and writers, one format a file; `open_source` chooses by name."""

from labelnext.data.source import Source, open_source

__all__ = ["Source", "open_source"]
