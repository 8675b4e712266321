"""YOLO in Ultralytics' layout, written: data.yaml, images/<split>, labels/<split>."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import yaml

from labelnext.data.formats.common.written import Losses, Place, Written, leave
from labelnext.data.formats.common.written_folder import Names, fitted, new_folder
from labelnext.data.formats.yolo import data_yaml
from labelnext.errors import ArgumentError, DataError
from labelnext.files import write_text
from labelnext.types import Detections, GroundTruth, Sample

Split = Literal["train", "val", "test"]
_DECIMALS = 9


def write(
    location: Path,
    samples: Iterable[Sample],
    classes: Sequence[str],
    *,
    place: Place = leave,
    predictions: Mapping[str, Detections] | None = None,
    split: Split = "train",
    ignored: Literal["keep", "drop"] = "keep",
) -> Written:
    """Write one split of a YOLO data set into a folder; other splits may be there or follow.

    An image goes to `images/<split>/` under its key without folders called `images`, its labels to
    the same place below `labels/`. Fractions have nine decimals: edges are kept to 1e-5 px in
    images of up to 10,000 px. An unlabelled image gets no file, one without objects an empty file.
    `data.yaml` is written last; Ultralytics wants both `train` and `val` in it.

    Args:
        location: The folder.
        samples: With sizes, where there are boxes.
        classes: Class names.
        place: Told where each image belongs.
        predictions: Not held by the format; counted as lost.
        split: `train`, `val` or `test`.
        ignored: Whether boxes to ignore are written as ordinary ones (`keep`) or left out (`drop`).

    Raises:
        ArgumentError: See `fitted`; or an option is none of these.
        DataError: The split is there already, or `data.yaml` there has other classes.
        ProjectError: The disk is full or the folder cannot be written.
    """
    if split not in get_args(Split):
        raise ArgumentError("yolo.write", "split", expected="train, val or test", got=repr(split))
    if ignored not in ("keep", "drop"):
        raise ArgumentError("yolo.write", "ignored", expected="keep or drop", got=repr(ignored))
    file = location / "data.yaml"
    config = _config(file, data_yaml.check_names(file, classes), split)
    losses, names = Losses(), Names({"images"})
    images = objects = 0
    with new_folder(location / "labels" / split) as folder:
        for sample in samples:
            name = names(sample.record.key)
            place(sample.record, location / "images" / split / name)
            images += 1
            losses.unheld(sample.record, predictions)
            if sample.truth is None:
                losses.add(
                    "images marked as unlabelled (without a file, some tools call them empty)"
                )
                continue
            truth = fitted("yolo.write", sample, classes, losses)
            if ignored == "drop":
                if truth.ignore.any():
                    losses.add("boxes to ignore, left out", int(truth.ignore.sum()))
                truth = truth.take(~truth.ignore)
            losses.count(truth)
            objects += len(truth)
            path = (folder / name).with_suffix(".txt")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_lines(truth, sample.record.width, sample.record.height), "utf-8")
    (location / "images" / split).mkdir(parents=True, exist_ok=True)
    write_text(file, yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
    return Written(images, objects, losses.counts)


def _config(file: Path, classes: Sequence[str], split: str) -> dict[str, Any]:
    """What `data.yaml` is to hold: the splits that are there, and this one."""
    splits: dict[str, str] = {}
    if file.exists():
        there = data_yaml.parse(file)
        own = {name: (f"images/{name}",) for name in there.splits}
        if there.names != tuple(classes) or there.path or there.splits != own:
            raise DataError(
                file,
                "is of a data set with other classes or folders.",
                remedy="Write to another folder.",
            )
        splits = {name: f"images/{name}" for name in there.splits}
    splits[split] = f"images/{split}"
    ordered = {name: splits[name] for name in data_yaml.SPLITS if name in splits}
    return {**ordered, "names": dict(enumerate(classes))}


def _lines(truth: GroundTruth, width: int, height: int) -> str:
    size = np.array([width, height], np.float64)
    centre = (truth.xyxy[:, :2] + truth.xyxy[:, 2:]) / 2 / size
    extent = (truth.xyxy[:, 2:] - truth.xyxy[:, :2]) / size
    rows = np.concatenate([centre, extent], axis=1).tolist()
    return "".join(
        f"{kind} {' '.join(f'{value:.{_DECIMALS}f}' for value in row)}\n"
        for kind, row in zip(truth.classes.tolist(), rows, strict=True)
    )
