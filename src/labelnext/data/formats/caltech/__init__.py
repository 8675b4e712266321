"""Caltech Pedestrian."""

from labelnext.data.formats.caltech.reader import read

__all__ = ["read"]
