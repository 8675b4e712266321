"""Table 1 of the paper: what the data sets hold."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelnext.store.index import Index, Role, RoleCounts
from labelnext.types import ImageRecord

_ROLES: tuple[Role, ...] = ("initial", "pool", "test")


@dataclass(frozen=True, slots=True)
class DataSet:
    """A column of Table 1.

    Attributes:
        name: Of the data set, or its role here.
        images: That can be used.
        instances: Objects of the classes to detect, those to ignore left out; None where no image
            is labelled.
        images_with_instances: How many images hold one; None likewise.
        size: Width × height; of the most frequent, where there are several.
        kind: `stills`, `video`, or both.
    """

    name: str
    images: int
    instances: int | None
    images_with_instances: int | None
    size: str
    kind: str


PAPER = (
    DataSet("CityPersons", 1835, 7740, 1835, "2048 × 1024", "stills"),
    DataSet("Caltech Pedestrian", 51_363, 20_062, 10_523, "640 × 480", "video"),
    DataSet("BDD100K", 69_836, 56_473, 17_632, "1280 × 720", "stills"),
)


def data_sets(path: Path) -> tuple[DataSet, ...]:
    """The roles of an index that hold images: initial set, pool, test set; none without a file."""
    if not path.exists():
        return ()
    with Index.open(path) as index:
        counts = index.counts()
        return tuple(
            _data_set(role, counts[role], index.records(role))
            for role in _ROLES
            if counts[role].images
        )


def _data_set(role: Role, counts: RoleCounts, records: Sequence[ImageRecord]) -> DataSet:
    known = counts.labelled > 0
    return DataSet(
        role, counts.images, counts.objects if known else None,
        counts.with_objects if known else None, _size(records), _kind(records),
    )  # fmt: skip


def _size(records: Sequence[ImageRecord]) -> str:
    sizes = Counter((record.width, record.height) for record in records)
    (width, height), _ = max(sizes.items(), key=lambda item: (item[1], item[0]))
    others = f" and {len(sizes) - 1} more" if len(sizes) > 1 else ""
    return f"{width} × {height}{others}"


def _kind(records: Sequence[ImageRecord]) -> str:
    videos = sum(record.video is not None for record in records)
    if videos in (0, len(records)):
        return "video" if videos else "stills"
    return f"video ({videos:,}) and stills ({len(records) - videos:,})"
