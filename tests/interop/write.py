"""The scene in every format that labelnext writes, for `check.py`: `make interop` runs both."""

import sys
from pathlib import Path

import numpy as np

from labelnext import plugins
from labelnext.types import GroundTruth, ImageRecord, Sample
from tests.data.formats.shared.images import put
from tests.data.formats.shared.round_trip import PAIRS, Copies
from tests.interop.scene import CLASSES, PICTURES, Picture


def main(folder: Path) -> None:
    """Write every format into a folder of its own."""
    samples = [_sample(picture, folder / "source") for picture in PICTURES]
    for name, pair in PAIRS.items():
        place = Copies()
        target = Path(str(folder / name / pair.target))
        plugins.load("writers", name)(target, samples, CLASSES, place=place)


def _sample(picture: Picture, folder: Path) -> Sample:
    path = folder / f"{picture.name}.png"
    put(path, picture.width, picture.height)
    record = ImageRecord(path.name, str(path), picture.width, picture.height)
    truth = GroundTruth.from_boxes(
        np.array([box.xyxy for box in picture.boxes]).reshape(-1, 4),
        [CLASSES.index(box.label) for box in picture.boxes],
        [box.difficult for box in picture.boxes],
        occlusion=[int(box.occluded) for box in picture.boxes],
    )
    return Sample(record, truth)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
