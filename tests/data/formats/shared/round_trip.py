"""What must hold of a writer and a reader of the same format.

Everything a reader gives back is compared with what the writer was given. Whatever differs must be
in `Written.lost`, under its name and with its count; and nothing may be there that came back.
"""

import re
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from labelnext import plugins
from labelnext.types import GroundTruth, ImageRecord, Sample

# How the report of losses calls each optional part of a label, and what absence means.
PARTS = {
    "ignore": "marks of regions to ignore",
    "visible": "visible fractions",
    "visible_xyxy": "visible boxes",
    "occlusion": "degrees of occlusion",
    "truncation": "truncations",
    "tracks": "track numbers",
    "masks": "masks",
}


UNLABELLED, IN_VIDEO = "label", "video"  # words in what is said of these losses


@dataclass(frozen=True)
class Pair:
    """A writer and the reader of what it writes.

    Attributes:
        format: Name of both.
        target: What the writer is given, relative to a fresh folder.
        place: What the reader is given, relative to that folder.
        precision: Pixels by which a corner may move: a fixed part, and a part of the image's side.
        in_order: Whether the reader keeps the writer's order; else samples come sorted by key.
        unused: Whether classes without boxes come back.
        options: Of the reader.
        write_options: Of the writer.
    """

    format: str
    target: str = "out"
    place: str = "out"
    precision: tuple[float, float] = (1e-6, 0)
    in_order: bool = True
    unused: bool = True
    options: dict[str, Any] = field(default_factory=dict)
    write_options: dict[str, Any] = field(default_factory=dict)


class Copies:
    """A `Place` that copies images and remembers where to."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def __call__(self, record: ImageRecord, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        assert str(target) not in self.targets.values(), f"two images at {target}"
        shutil.copyfile(record.path, target)
        self.targets[record.key] = str(target)

    def path(self, record: ImageRecord) -> str:
        """Where an image is; a folder that was written beside its place has moved there."""
        return re.sub(r"/\.([^/]+)\.partial/", r"/\1/", self.targets[record.key])


def check(
    pair: Pair, folder: Path, samples: list[Sample], classes: tuple[str, ...]
) -> list[Sample]:
    """Write, read, compare.

    Returns:
        What was read, in the order of `samples`, with classes counted as in `classes`.
    """
    copies = Copies()
    write = plugins.load("writers", pair.format)
    target = folder / pair.target
    written = write(target, samples, classes, place=copies, **pair.write_options)
    found = plugins.load("readers", pair.format)(folder / pair.place, **pair.options)
    back = list(found.samples())
    assert written.images == len(samples)
    assert written.objects == sum(len(s.truth) for s in samples if s.truth is not None)
    by_path = {sample.record.path: sample for sample in back}
    paths = [copies.path(sample.record) for sample in samples]
    assert sorted(by_path) == sorted(paths)
    keys = [sample.record.key for sample in back]
    if pair.in_order:
        assert [sample.record.path for sample in back] == paths
    else:
        assert len(set(keys)) == len(keys)
    _check_classes(pair, found.classes, classes, samples)
    renamed = [_by_name(by_path[path], found.classes, classes) for path in paths]
    lost: Counter[str] = Counter()
    for before, after in zip(samples, renamed, strict=True):
        _check_record(before, after)
        lost += differences(before, after)
        if before.truth is not None and after.truth is not None:
            same_boxes(pair.precision, before, after.truth)
    check_said(written.lost, lost)
    return renamed


def _check_classes(
    pair: Pair, got: tuple[str, ...], given: tuple[str, ...], samples: list[Sample]
) -> None:
    used = {given[i] for s in samples if s.truth is not None for i in s.truth.classes}
    assert used <= set(got) <= set(given)
    if pair.unused:
        assert got == given


def _by_name(sample: Sample, got: tuple[str, ...], given: tuple[str, ...]) -> Sample:
    """The sample with its classes counted as the writer's were."""
    if sample.truth is None:
        return sample
    places = np.array([given.index(got[i]) for i in sample.truth.classes], np.int64)
    return replace(sample, truth=replace(sample.truth, classes=places))


def _check_record(before: Sample, after: Sample) -> None:
    assert not after.problems, after.problems
    for side in ("width", "height"):  # 0 is left to indexing
        assert getattr(after.record, side) in (0, getattr(before.record, side))
    assert before.truth is None or after.truth is not None, "labelled became unlabelled"
    assert before.truth is not None or not after.truth, "boxes on an unlabelled image"


def same_boxes(precision: tuple[float, float], before: Sample, truth: GroundTruth) -> None:
    """Boxes in the same order, within the precision, of the same classes."""
    assert before.truth is not None
    assert truth.classes.tolist() == before.truth.classes.tolist()
    fixed, share = precision
    width, height = before.record.width, before.record.height
    allowed = fixed + share * np.array([width, height, width, height])
    moved = np.abs(truth.xyxy - before.truth.xyxy)
    assert (moved <= allowed).all(), f"moved by {moved.max()} px on {width} x {height}"


def differences(before: Sample, after: Sample) -> Counter[str]:
    """Of how many objects or images something did not come back, by what it is called."""
    found: Counter[str] = Counter()
    found[UNLABELLED] += before.truth is None and after.truth is not None
    times = [(s.record.video, s.record.frame, s.record.seconds) for s in (before, after)]
    found[IN_VIDEO] += before.record.video is not None and times[0] != times[1]
    if before.truth is None or after.truth is None:
        return found
    for name, words in PARTS.items():
        given, a = _part(before.truth, name)
        _, b = _part(after.truth, name)
        same = np.isclose(a, b, rtol=0, atol=2e-3, equal_nan=True)
        same = same.reshape(len(given), -1).all(axis=1) if len(given) else given
        found[words] += int((given & ~same).sum())
        invented = _part(after.truth, name)[0] & ~given
        assert not invented.any(), f"{words} that nobody gave"
    return found


def _part(truth: GroundTruth, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Which objects say more than the part's absence does, and its values."""
    n = len(truth)
    values = getattr(truth, name)
    if values is None:
        return np.zeros(n, bool), np.full((n, 4) if name == "visible_xyxy" else n, np.nan)
    if name == "masks":  # compared as numbers
        given = np.array([mask is not None for mask in values.tolist()], bool)
        return given, np.array([-1.0 if m is None else float(hash(m) % 2**40) for m in values])
    array = np.asarray(values, float)
    if name == "visible_xyxy":
        return np.isfinite(array).all(axis=1), array
    if name == "visible":
        return array != 1, array
    return array >= 0 if name == "tracks" else array > 0, array


def check_said(said: Mapping[str, int], lost: Counter[str]) -> None:
    """Every loss is said with its count, and no part of a label that came back is said lost."""
    for words in PARTS.values():
        counted = sum(n for what, n in said.items() if what.startswith(words))
        assert counted == lost[words], f"said {said}, lost {dict(lost)}"
    for word in (UNLABELLED, IN_VIDEO):
        counted = sum(n for what, n in said.items() if word in what and what[0] in "ip")
        assert counted >= lost[word], f"said {said}, lost {dict(lost)}"


PAIRS = {
    pair.format: pair
    for pair in (
        Pair("coco", "out/labels.json", "out/labels.json", options={"masks": True}),
        Pair("cvat"),
        Pair("labelstudio", precision=(1e-6, 1e-12)),
        Pair("labelme", in_order=False, unused=False),
        Pair("voc", precision=(1e-6, 0), in_order=False, unused=False),
        Pair("yolo", precision=(1e-6, 1e-9), in_order=False),
        Pair("voc", in_order=False, unused=False),
    )
}
