"""A small index beside a large one: some images of every role, evenly spread, under their names."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from labelnext.store.index import Index, Role
from labelnext.types import CheckedSample, ImageRecord, Sample


def subset(source: Path, target: Path, most: Mapping[Role, int]) -> dict[Role, int]:
    """Write an index of some labelled images of another, labels and times as they are there.

    Args:
        source: The other index.
        target: The index to write; what is there already stays.
        most: Images of each role to take at most; all of a role that is not named. They are evenly
            spread over the videos' frames in order of time.

    Returns:
        Images taken of each role.
    """
    taken: dict[Role, int] = {}
    with Index.open(source) as whole, Index.open(target, create=True) as part:
        for role in get_args(Role):
            records = spread(whole.records(role, labelled=True), most.get(role))
            taken[role] = len(records)
            if records:
                part.add(role, "subset", whole.classes, _samples(whole, records))
    return taken


def spread(records: Sequence[ImageRecord], most: int | None) -> list[ImageRecord]:
    """At most so many images, evenly spread over them in order of time, the first and last among
    them where there is more than one.
    """
    ordered = sorted(records, key=lambda r: (r.video or "", r.frame or 0, r.key))
    if most is None or most >= len(ordered):
        return ordered
    places = np.unique(np.linspace(0, len(ordered) - 1, most).round().astype(int))
    return [ordered[i] for i in places]


def _samples(index: Index, records: Sequence[ImageRecord]) -> list[CheckedSample]:
    keys = [record.key for record in records]
    truths, stamps = index.truth(keys), index.stamps(keys)
    return [
        CheckedSample(
            Sample(record, truths[record.key]),
            content=stamps[record.key].content,
            size=stamps[record.key].size,
            modified_ns=stamps[record.key].modified_ns,
        )
        for record in records
    ]
