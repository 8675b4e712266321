"""COCO JSON of boxes and masks: one file, with what labelnext keeps beyond COCO's own fields."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from labelnext import masks as codec
from labelnext.coco_format import CocoImage
from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import Lazy
from labelnext.data.formats.coco.load import Loading
from labelnext.data.formats.coco.writer import write
from labelnext.data.formats.common.paths import find
from labelnext.errors import ArgumentError, DataError
from labelnext.types import GroundTruth, ImageRecord, Sample

__all__ = ["read", "write"]


def read(
    location: Path, *, images: str | None = None, skip_bad: bool = False, masks: bool = False
) -> Lazy:
    """Read a COCO file of boxes (see `coco_format.parse` for the fields beyond COCO's own).

    The file is read once, entry by entry, and set aside in temporary files, so that memory stays
    flat; it takes about as much of the disk as the file itself.

    Images are looked for by their `file_name` in the file's folder, then in `images/` and `frames/`
    there, and for `instances_train2017.json` in `train2017/` and `images/train2017/`; for a file in
    a folder `annotations/`, then in its parent in the same way. A key is the `file_name` with
    forward slashes. Images without annotations count as labelled and empty.

    Boxes are clipped to the image, those without area in it are dropped; `problems` of the sample
    says which. Optional fields of another form than here are left out; `notes` says which.

    Args:
        location: The file.
        images: Folder of the images, relative to the file's folder or absolute, instead of those
            above. It may lie anywhere; the names in the file must not lead out of it.
        skip_bad: Leave bad records out, which `problems` and `notes` then say, instead of refusing
            the file. A file that is not JSON, or of which no record of a kind is good, is refused.
        masks: Read each annotation's `segmentation` too: polygons, or run lengths, compressed or
            not. One that is wrong is a bad record; an object without one has no mask.

    Raises:
        DataError: With the file, the record and what to do.
    """
    folders = _image_folders(location) if images is None else [_given_folder(location, images)]
    if not isinstance(masks, bool):
        raise ArgumentError("coco.read", "masks", expected="true or false", got=repr(masks))
    loading = Loading(location, skip_bad, masks)
    loading.run()

    def make(notes: list[str]) -> Iterator[Sample]:
        notes += loading.notes
        return _samples(loading, folders)

    return Lazy(tuple(loading.classes), make, loading.spill.images, list(loading.notes))


def _samples(loading: Loading, folders: Sequence[Path]) -> Iterator[Sample]:
    ids = np.array(list(loading.categories), np.int64)
    by_id = np.argsort(ids)
    for image, key, boxes, faults, drawn in loading.spill.samples():
        record = _record(key, folders, image)
        if not image.labelled:
            yield Sample(record, None, tuple(faults))
            continue
        # Ids are all known, and the place of a category is that of its id.
        classes = by_id[np.searchsorted(ids, boxes["category"], sorter=by_id)]
        names = [
            f"annotation {'' if numbered else '#'}{number}"
            for number, numbered in zip(
                boxes["number"].tolist(), boxes["numbered"].tolist(), strict=True
            )
        ]
        truth = _truth(boxes, classes, loading.spill.given)
        if drawn:
            truth, names, wrong = _with_masks(loading, image, truth, names, drawn)
            faults = [*faults, *wrong]
        truth, found = fit_boxes(truth, image.width, image.height, names)
        yield Sample(record, truth, (*faults, *found))


def _with_masks(
    loading: Loading, image: CocoImage, truth: GroundTruth, names: list[str], drawn: list[object]
) -> tuple[GroundTruth, list[str], list[str]]:
    """Truth with its masks, without the objects whose mask is wrong; their names; what is said."""
    found: list[bytes | None] = []
    kept, wrong = [], []
    for i, (name, value) in enumerate(zip(names, drawn, strict=True)):
        try:
            found.append(codec.read(value, (image.height, image.width)))
            kept.append(i)
        except ValueError as problem:
            if not loading.skip_bad:
                raise DataError(
                    loading.path,
                    f"'segmentation' {problem}.",
                    record=name,
                    remedy="Correct or remove it, or read without masks=true.",
                ) from None
            wrong.append(f"{name}: 'segmentation' {problem}; left out")
    if wrong:
        truth = truth.take(np.array(kept, np.int64))
    if any(mask is not None for mask in found):
        masks = np.empty(len(found), object)
        masks[:] = found
        truth = replace(truth, masks=masks)
    return truth, [names[i] for i in kept], wrong


def _truth(boxes: np.ndarray, classes: np.ndarray, given: set[str]) -> GroundTruth:
    """The boxes of one image as they were set aside, unclipped."""
    four = (_corners(boxes["xywh"]), classes, boxes["ignore"].copy(), boxes["visible"].copy())
    if not given:
        return GroundTruth(*four)
    return GroundTruth.from_boxes(
        *four,
        visible_xyxy=_corners(boxes["visible_xywh"]) if "visible_xywh" in given else None,
        occlusion=boxes["occlusion"] if "occlusion" in given else None,
        truncation=boxes["truncation"].copy() if "truncation" in given else None,
        tracks=boxes["track"].copy() if "track" in given else None,
    )


def _corners(xywh: np.ndarray) -> np.ndarray:
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)


def _given_folder(location: Path, images: str) -> Path:
    folder = location.parent / str(images)  # a name of digits comes as a number
    if not folder.is_dir():
        raise DataError(
            folder,
            "is not a folder.",
            remedy=f"Give images=DIR with the folder of the images, from {location.parent}.",
        )
    return folder


def _image_folders(location: Path) -> list[Path]:
    roots = [location.parent]
    if location.parent.name == "annotations":
        roots.append(location.parent.parent)
    names = ["", "images", "frames"]
    before, _, subset = location.stem.rpartition("_")
    if before and subset:  # instances_train2017.json, of COCO itself
        names += [subset, f"images/{subset}"]
    return [root / name for root in roots for name in names]


def _record(key: str, folders: Sequence[Path], image: CocoImage) -> ImageRecord:
    return ImageRecord(
        key,
        find(key, folders),
        image.width,
        image.height,
        image.video,
        image.frame,
        image.seconds,
        image.segment,
    )
