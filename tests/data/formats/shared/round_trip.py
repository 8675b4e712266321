"""What must hold of a writer and a reader of the same format.

Everything a reader gives back is compared with what the writer was given. Whatever differs must be
in `Written.lost`, under its name and with its count; and nothing may be there that came back.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from labelnext import plugins
from labelnext.data.formats.written import Written
from labelnext.types import GroundTruth, ImageRecord, Sample

# How the report of losses calls each optional part of a label, and what absence means.
PARTS = {
    "ignore": "marks of regions to ignore",
    "visible": "visible fractions",
    "visible_xyxy": "visible boxes",
    "occlusion": "degrees of occlusion",
    "truncation": "truncations",
    "tracks": "track numbers",
}


@dataclass(frozen=True)
class Pair:
    """A writer and the reader of what it writes.

    Attributes:
        format: Name of both.
        target: What the writer is given, relative to a fresh folder.
        place: What the reader is given, relative to that folder.
        precision: Pixels by which a corner may move: a fixed part, and a part of the image's side.
        sorted: Whether the reader gives samples in the order of keys, not in the writer's.
        unused: Whether classes without boxes come back.
        key: How a key is changed by the layout of the format.
        options: Of the reader.
    """

    format: str
    target: str = "out"
    place: str = "out"
    precision: tuple[float, float] = (1e-6, 0)
    sorted: bool = False
    unused: bool = True
    key: Callable[[str], str] = str
    options: dict[str, Any] = field(default_factory=dict)
    video: bool = False

    def write(self, folder: Path, samples: list[Sample], classes: tuple[str, ...]) -> Written:
        """Write with the images copied to where the format wants them."""
        write = plugins.load("writers", self.format)
        return write(folder / self.target, samples, classes, place=copy)

    def read(self, folder: Path) -> Any:
        """Read what was written."""
        return plugins.load("readers", self.format)(folder / self.place, **self.options)


def copy(record: ImageRecord, target: Path) -> None:
    """A `Place` that copies."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(record.path, target)


def check(
    pair: Pair, folder: Path, samples: list[Sample], classes: tuple[str, ...]
) -> list[Sample]:
    """Write, read, compare; gives what was read, with the keys of before."""
    written = pair.write(folder, samples, classes)
    found = pair.read(folder)
    back = list(found.samples())
    expected = samples
    if pair.sorted:
        expected = sorted(samples, key=lambda sample: pair.key(sample.record.key))
    assert [s.record.key for s in back] == [pair.key(s.record.key) for s in expected]
    assert written.images == len(samples)
    assert written.objects == sum(len(s.truth) for s in samples if s.truth is not None)
    _check_classes(pair, found.classes, classes, samples)
    lost: Counter[str] = Counter()
    renamed = []
    for before, after in zip(expected, back, strict=True):
        assert not after.problems, after.problems
        assert Path(after.record.path).is_file(), after.record.path
        size = (before.record.width, before.record.height)
        assert (after.record.width or size[0], after.record.height or size[1]) == size
        assert (after.truth is None) == (before.truth is None), before.record.key
        if before.truth is not None and after.truth is not None:
            truth = by_name(after.truth, found.classes, classes)
            same_boxes(pair.precision, before, truth)
            lost += differences(before.truth, truth)
            after = Sample(after.record, truth)
        renamed.append(after)
    said = {what: n for what, n in written.lost.items() if what in PARTS.values()}
    assert said == dict(lost), f"said lost {said}, lost {dict(lost)}"
    return renamed


def _check_classes(
    pair: Pair, got: tuple[str, ...], given: tuple[str, ...], samples: list[Sample]
) -> None:
    if pair.unused:
        assert got == given
        return
    used = {given[i] for s in samples if s.truth is not None for i in s.truth.classes}
    assert set(got) == used


def by_name(truth: GroundTruth, got: tuple[str, ...], given: tuple[str, ...]) -> GroundTruth:
    """The truth with its classes counted as the writer's were."""
    places = [given.index(got[i]) for i in truth.classes]
    return GroundTruth(
        truth.xyxy, np.array(places, np.int64), *truth.fields()[2:]  # type: ignore[arg-type]
    )  # fmt: skip


def same_boxes(precision: tuple[float, float], before: Sample, truth: GroundTruth) -> None:
    """Boxes in the same order, within the precision, of the same classes."""
    assert before.truth is not None
    assert truth.classes.tolist() == before.truth.classes.tolist()
    fixed, share = precision
    width, height = before.record.width, before.record.height
    allowed = fixed + share * np.array([width, height, width, height])
    moved = np.abs(truth.xyxy - before.truth.xyxy)
    assert (moved <= allowed).all(), f"moved by {moved.max()} px on {width} x {height}"


def differences(before: GroundTruth, after: GroundTruth) -> Counter[str]:
    """Of how many objects each optional part did not come back."""
    n = len(before)
    absent = (False, 1.0, np.full((n, 4), np.nan), -1, np.nan, -1)
    found: Counter[str] = Counter()
    for (name, words), nothing in zip(PARTS.items(), absent, strict=True):
        a, b = (
            np.broadcast_to(nothing, (n, 4) if name == "visible_xyxy" else (n,))
            if getattr(truth, name) is None
            else getattr(truth, name)
            for truth in (before, after)
        )
        same = np.isclose(np.asarray(a, float), np.asarray(b, float), atol=2e-3, equal_nan=True)
        same = same.reshape(n, -1).all(axis=1) if n else same.reshape(0)
        if not same.all():
            found[words] = int((~same).sum())
    return found


PAIRS = {
    pair.format: pair for pair in (Pair("coco", "out/labels.json", "out/labels.json", video=True),)
}
