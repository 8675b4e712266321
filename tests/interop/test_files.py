"""Files that other libraries wrote (see make.py) hold the boxes that those were given."""

import json
from pathlib import Path

import numpy as np
import pytest

from labelnext import plugins
from labelnext.types import GroundTruth
from tests.interop.scene import CLASSES, PICTURES, Picture

FILES = Path(__file__).parent / "files"


@pytest.mark.parametrize("name", sorted(path.name for path in FILES.iterdir()))
def test_files_of_another_library(name: str) -> None:
    expected = json.loads((FILES / name / "expected.json").read_text())
    read = plugins.load("readers", expected["reader"])
    found = read(FILES / name / expected["location"], **expected["options"])
    called = expected["names"] or {label: label for label in CLASSES}
    assert set(called.values()) <= set(found.classes)
    samples = list(found.samples())
    seen: dict[tuple[str, object], object] = {}
    assert len(samples) == len(PICTURES)
    for picture in PICTURES:
        (sample,) = [s for s in samples if picture.name in Path(s.record.key).name]
        assert Path(sample.record.path).is_file()
        assert (sample.record.width or 64, sample.record.height or 48) == (64, 48)
        if sample.truth is None:
            assert picture.name in expected["unlabelled"]
            continue
        assert picture.name not in expected["unlabelled"]
        labels = [found.classes[i] for i in sample.truth.classes]
        assert labels == [called[box.label] for box in picture.boxes]
        boxes = np.array([box.xyxy for box in picture.boxes], float).reshape(-1, 4)
        np.testing.assert_allclose(sample.truth.xyxy, boxes, rtol=0, atol=expected["precision"])
        for part in expected["holds"]:
            for given, got in _pairs(sample.truth, picture, part):
                # Tracks may be numbered anew, but always in the same way.
                assert seen.setdefault((part, given), got) == got
                assert part == "track" or got == given
    tracks = [got for (part, _), got in seen.items() if part == "track"]
    assert len(set(tracks)) == len(tracks)


def _pairs(truth: GroundTruth, picture: Picture, part: str) -> list[tuple[object, object]]:
    """A part of each box as it was given, and as it came back."""
    values: np.ndarray | None
    values, default = {
        "track": (truth.tracks, -1),
        "occluded": (truth.occlusion, 0),
        "truncated": (truth.truncation, 0),
        "difficult": (truth.ignore, False),
    }[part]
    got = [default] * len(truth) if values is None else values.tolist()
    return list(zip([getattr(box, part) for box in picture.boxes], got, strict=True))
