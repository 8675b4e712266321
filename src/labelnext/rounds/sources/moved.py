"""A source whose folder was moved is known by its name, its keys and the contents of its files."""

import os

from labelnext.data.check import check
from labelnext.data.pool.remote import is_url
from labelnext.data.source import Source
from labelnext.store.index import Index

_LOOKS = 32


def moved_from(index: Index, source: Source) -> tuple[str, str] | None:
    """Name and former root of the indexed source that this one is, in another folder now.

    That is one of the same name whose folder is gone, when up to 32 of its images, evenly spread
    over its keys, are all here with the same contents. The others are compared as they are
    imported.
    """
    known = index.sources()
    if source.root in known.values():
        return None
    for name, root in known.items():
        stem, _, number = name.rpartition("-")
        same_name = name == source.name or (stem == source.name and number.isdecimal())
        gone = bool(root) and not is_url(root) and not os.path.exists(root)  # noqa: PTH110
        if same_name and gone and _same(index, name, source):
            return name, root
    return None


def _same(index: Index, name: str, source: Source) -> bool:
    wanted = index.spread(name, _LOOKS)
    looked = 0
    for sample in source.samples():
        content = wanted.get(f"{name}/{sample.record.key}")
        if content is None:
            continue
        if check(sample).content != content:
            return False
        looked += 1
        if looked == len(wanted):
            return True
    return False
