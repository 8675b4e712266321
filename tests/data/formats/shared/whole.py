"""What holds of every data set a reader returns, whatever it was given."""

import math
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from labelnext.masks import unpack
from labelnext.types import GroundTruth, ImageRecord

CANARY_SIZE = (7, 13)
# More than any small file can mean; a reader that yields so many counts what a damaged number says.
MANY = 20_000


def is_whole(found: Any, root: Path | None) -> tuple[int, int, int]:
    """Check every sample of a data set read below `root`, outside of which images are CANARY_SIZE.

    Args:
        found: As a reader gave it.
        root: Where its images must lie; None where they may lie anywhere.

    Returns:
        How many samples there are, how many of them say what was wrong, and how many notes.
    """
    keys: set[str] = set()
    said = 0
    for sample in found.samples():
        record, truth = sample.record, sample.truth
        assert record.key not in keys, f"key twice: {record.key!a}"
        keys.add(record.key)
        assert len(keys) <= MANY, "samples without end"
        _check_record(record, root)
        assert (record.width, record.height) != CANARY_SIZE, "an image from outside was read"
        if truth is not None:
            _check_truth(truth, record, len(found.classes))
        assert all(isinstance(line, str) and line.strip() for line in sample.problems)
        said += bool(sample.problems)
    notes = list(getattr(found, "notes", ()))
    assert all(isinstance(note, str) and note.strip() for note in notes)
    assert isinstance(found.classes, tuple)
    assert all(isinstance(name, str) and name for name in found.classes)
    assert len(set(found.classes)) == len(found.classes), "a class twice"
    return len(keys), said, len(notes)


def _check_record(record: ImageRecord, root: Path | None) -> None:
    key = PurePosixPath(record.key)
    assert record.key
    record.key.encode()
    assert not key.is_absolute(), f"absolute key {record.key!a}"
    assert ".." not in key.parts, f"key that climbs out: {record.key!a}"
    if root is not None:
        path = Path(record.path)
        assert path.is_relative_to(root), f"path outside: {record.path!a}"
        assert ".." not in path.relative_to(root).parts, f"path outside: {record.path!a}"
        assert "://" not in record.path, f"a URL: {record.path!a}"
    assert "\0" not in record.path
    for side in (record.width, record.height):
        assert isinstance(side, int)
        assert 0 <= side < 2**63, f"side {side}"
    assert (record.width > 0) == (record.height > 0), "one side of two"
    assert record.frame is None or 0 <= record.frame < 2**63
    assert record.video is None or (isinstance(record.video, str) and record.video)
    assert record.seconds is None or math.isfinite(record.seconds)
    assert record.place is None or -(2**63) <= record.place < 2**63
    assert record.segment >= 0


def _check_truth(truth: GroundTruth, record: ImageRecord, classes: int) -> None:
    n = len(truth)
    kinds = (np.float64, np.int64, bool, np.float64, np.float64, np.int64, np.float64, np.int64,
             object)  # fmt: skip
    for part, kind in zip(truth.fields(), kinds, strict=True):
        assert part is None or (len(part) == n and part.dtype == kind)
    assert truth.xyxy.shape == (n, 4)
    if not n:
        return
    assert np.isfinite(truth.xyxy).all()
    assert truth.classes.min() >= 0
    assert truth.classes.max() < classes
    assert ((truth.visible >= 0) & (truth.visible <= 1)).all()
    if record.width:
        assert (truth.xyxy >= 0).all()
        assert (truth.xyxy[:, 2:] <= [record.width, record.height]).all()
        assert (truth.xyxy[:, :2] < truth.xyxy[:, 2:]).all()
    if truth.visible_xyxy is not None:
        assert truth.visible_xyxy.shape == (n, 4)
        assert not np.isinf(truth.visible_xyxy).any()
    if truth.occlusion is not None:
        assert ((truth.occlusion >= -1) & (truth.occlusion <= 2)).all()
    if truth.truncation is not None:
        known = truth.truncation[~np.isnan(truth.truncation)]
        assert ((known >= 0) & (known <= 1)).all()
    if truth.tracks is not None:
        assert (truth.tracks >= -1).all()
    if truth.masks is not None:
        assert unpack(truth.masks, (record.height, record.width)).shape[0] == n
