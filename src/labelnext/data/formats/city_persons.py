"""CityPersons on the folders of Cityscapes: `anno_train.mat`, or `gtBboxCityPersons` JSON.

Images are `leftImg8bit/<split>/<city>/*_leftImg8bit.png`. Labels are either one MATLAB file a split
(`anno_train.mat`, `anno_val.mat`: a cell an image of {cityname, im_name, bbs}, rows
[class, x1, y1, w, h, id, xv, yv, wv, hv] in uint16), or one JSON file an image,
`gtBboxCityPersons/<split>/<city>/*_gtBboxCityPersons.json` (imgWidth, imgHeight, objects with
label, instanceId, bbox and bboxVis, [x y w h]). The classes are the labels of the JSON files in the
order of the MATLAB file's numbers, 0 to 5. Boxes stand in pixels from 0: [x, y, x+w, y+h].

Source: PAPER §6; the README of CityPersons; cityscapesScripts (`CsBbox2d`).
"""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from labelnext.data import filters
from labelnext.data.dataset import Lazy
from labelnext.data.formats.common import label_files, mat_safety
from labelnext.data.formats.common.paths import inside
from labelnext.errors import ArgumentError, DataError
from labelnext.json_fields import Fields, load_json, show
from labelnext.types import GroundTruth, ImageRecord, Sample

CLASSES = ("ignore", "pedestrian", "rider", "sitting person", "person (other)", "person group")
_IGNORED = (0, 5)
_IMAGES, _JSON = "leftImg8bit", "gtBboxCityPersons"
_IMAGE_END, _JSON_END = "_leftImg8bit.png", "_gtBboxCityPersons.json"
_MAT_FOLDERS = (
    "", "annotations", "shanshanzhang-citypersons/annotations", "CityPersons/annotations",
    "citypersons/annotations",
)  # fmt: skip
_JSON_FOLDERS = (_JSON, f"gtBbox_cityPersons_trainval/{_JSON}")
_LARGEST = 1e9
_SPLITS = ("train", "val")
_REMEDY = "It may be damaged: get the file again."


_Make = Callable[[ImageRecord, list[str]], Sample]
"""Makes an image's sample, with boxes as labelled, and adds to the list what to call each box."""


@dataclass(frozen=True)
class _Plan:
    root: Path
    split: str
    keep: filters.Filter


def read(location: Path, *, split: str = "train", filter: str | None = None) -> Lazy:
    """Read the folder of Cityscapes that CityPersons' labels were put into.

    A key is the image's path below the folder. Where both kinds of labels are there, the MATLAB
    file is read. `ignore` and `person group` are regions to ignore; visible boxes are kept, the
    visible fraction is the share of their area; instance ids are not (they are of one image).
    Images without labels are unlabelled; a JSON file that cannot be used leaves its image
    unlabelled, and its problems say so. The MATLAB file has no sizes: they are left to indexing.

    Args:
        location: The folder that holds leftImg8bit/.
        split: `train` or `val`.
        filter: `text` or `authors-code` (see `data.filters`), applied to the boxes as labelled;
            `authors-code` leaves out images without a box that it keeps.

    Raises:
        ArgumentError: An option is not of those values.
        DataError: There are no labels of that split, the MATLAB file cannot be used, or no image's
            labels can.
    """
    if split not in _SPLITS:
        raise ArgumentError(
            "citypersons.read", "split", expected=" or ".join(_SPLITS), got=repr(split)
        )
    plan = _Plan(location, split, filters.named(filter, "citypersons", CLASSES))
    images = _images(location, split)
    mat = _mat_file(location, split)
    makers = _json_files(plan, images) if mat is None else _mat_entries(plan, mat, images)
    if not makers:
        raise DataError(
            location,
            f"holds neither anno_{split}.mat nor {_JSON}/{split}/*/*{_JSON_END}.",
            remedy="Put CityPersons' labels into the folder that holds leftImg8bit/.",
        )
    ordered = sorted(makers.keys() | images)
    return Lazy(CLASSES, lambda _notes: _samples(plan, ordered, makers), len(ordered))


def _images(location: Path, split: str) -> set[str]:
    folder = location / _IMAGES / split
    if not folder.is_dir():  # said by indexing, image by image
        return set()
    return {
        key for key in label_files.listed(location, folder, (".png",)) if key.endswith(_IMAGE_END)
    }


def _samples(plan: _Plan, ordered: list[str], makers: Mapping[str, _Make]) -> Iterator[Sample]:
    skips = label_files.Skips(plan.root)
    for key in ordered:
        record = ImageRecord(key, str(plan.root / key), 0, 0)
        sample, names = Sample(record), list[str]()
        if key in makers:
            sample = skips.sample(record, lambda: makers[key](record, names))  # noqa: B023 (at once)
        kept = plan.keep(sample)
        if kept is not None:
            yield filters.fit(kept, names, key)
    skips.finish()


def _key(plan: _Plan, images: Set[str], city: str, name: str, source: Path, record: str) -> str:
    """The key of an image; of the two spellings of Tübingen, the one that is there."""
    cities, names = _spelt(city), _spelt(name)
    keys = [f"{_IMAGES}/{plan.split}/{folder}/{file}" for folder in cities for file in names]
    key = next((key for key in keys if key in images), keys[0])
    return inside(key, source, field="im_name", record=record)


def _spelt(name: str) -> list[str]:
    """A name in both spellings of Tübingen, the one of Cityscapes' folder first."""
    first = name.replace("tuebingen", "tubingen")
    return list(dict.fromkeys([first, first.replace("tubingen", "tuebingen")]))


def _mat_file(location: Path, split: str) -> Path | None:
    paths = [location / folder / f"anno_{split}.mat" for folder in _MAT_FOLDERS]
    return next((path for path in paths if path.is_file()), None)


def _mat_entries(plan: _Plan, path: Path, images: Set[str]) -> dict[str, _Make]:
    """What makes the labels of each image of a MATLAB file."""
    name = f"anno_{plan.split}_aligned"
    cells = mat_safety.load(path, [name]).get(name)
    if not isinstance(cells, np.ndarray) or cells.dtype != object:
        raise DataError(path, f"lacks the cell array '{name}'.", remedy="Give CityPersons' file.")
    found: dict[str, _Make] = {}
    for i, cell in enumerate(cells.reshape(-1), start=1):
        where = f"image {i}"
        if not mat_safety.is_struct(cell, "cityname", "im_name", "bbs") or cell.size != 1:
            raise DataError(
                path, "is no struct of cityname, im_name and bbs.", record=where, remedy=_REMEDY
            )
        one = cell.reshape(-1)[0]
        city, file = (_text(path, where, field, one[field]) for field in ("cityname", "im_name"))
        key = _key(plan, images, city, file, path, where)
        if key in found:
            raise DataError(path, f"{show(file)} is there twice.", record=where, remedy=_REMEDY)
        found[key] = partial(_from_rows, _rows(path, where, one["bbs"]), f"{path.name}, {where}")
    return found


def _text(path: Path, where: str, field: str, value: np.ndarray) -> str:
    found = np.asarray(value).reshape(-1)
    if len(found) != 1 or found.dtype.kind != "U" or not found[0]:
        raise DataError(path, f"{field} must be text.", record=where, remedy=_REMEDY)
    return str(found[0])


def _rows(path: Path, where: str, value: np.ndarray) -> np.ndarray:
    """Rows of ten numbers; float64, for products of uint16 would wrap around."""
    found = np.asarray(value)
    if not found.size:
        return np.zeros((0, 10))
    if found.ndim != 2 or found.shape[1] != 10 or found.dtype.kind not in "uif":
        raise DataError(
            path,
            f"bbs must have rows of ten numbers. Got {found.dtype} of shape {found.shape} instead.",
            record=where,
            remedy=_REMEDY,
        )
    rows = found.astype(np.float64)
    wrong = np.flatnonzero(~(np.abs(rows) <= _LARGEST).all(axis=1) | ~np.isin(rows[:, 0], range(6)))
    if len(wrong):
        raise DataError(
            path,
            f"row {wrong[0] + 1} of bbs does not begin with a class from 0 to 5, or is no box.",
            record=where,
            remedy=_REMEDY,
        )
    return rows


def _from_rows(rows: np.ndarray, where: str, record: ImageRecord, names: list[str]) -> Sample:
    names += [f"{where}, row {i}" for i in range(1, len(rows) + 1)]
    return Sample(record, _truth(rows[:, 0].astype(np.int64), rows[:, 1:5], rows[:, 6:10]))


def _json_files(plan: _Plan, images: Set[str]) -> dict[str, _Make]:
    """What makes the labels of each image that has a JSON file."""
    folders = [plan.root / folder / plan.split for folder in _JSON_FOLDERS]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        return {}
    found: dict[str, _Make] = {}
    for file in label_files.listed(plan.root, folder, (".json",)):
        path = plan.root / file
        if file.endswith(_JSON_END) and path.parent.parent == folder:
            name = path.name.removesuffix(_JSON_END) + _IMAGE_END
            key = _key(plan, images, path.parent.name, name, path, "its name")
            found[key] = partial(_from_json, path)
    return found


def _from_json(path: Path, record: ImageRecord, names: list[str]) -> Sample:
    label_files.read_bytes(path)  # for its bound
    top = load_json(path)
    file = Fields(path, "the file", top)
    width, height = (file.integer(field, least=1) for field in ("imgWidth", "imgHeight"))
    labels, boxes, visible = [], [], []
    objects = file.required("objects", "the list of boxes")
    if not isinstance(objects, list):
        raise file.error(f"'objects' must be a list. Got {show(objects)} instead.", _REMEDY)
    for i, entry in enumerate(objects):
        one = Fields(path, f"object #{i}", entry)
        label = one.text("label")
        if label not in CLASSES:
            known = ", ".join(CLASSES)
            raise one.error(f"'label' {show(label)} is none of {known}.", "Correct it.")
        labels.append(CLASSES.index(label))
        boxes.append(one.xywh("bbox"))
        visible.append(one.xywh("bboxVis") if one.has("bboxVis") else (np.nan,) * 4)
        names.append(f"{path.name}, object #{i}")
    sized = replace(record, width=width, height=height)
    return Sample(sized, _truth(np.array(labels, np.int64), np.array(boxes), np.array(visible)))


def _truth(classes: np.ndarray, boxes: np.ndarray, visible: np.ndarray) -> GroundTruth:
    """Labels from [x y w h] of the whole and of the visible part (NaN where not given)."""
    boxes, visible = boxes.reshape(-1, 4), visible.reshape(-1, 4)
    area = boxes[:, 2] * boxes[:, 3]
    share = visible[:, 2] * visible[:, 3] / np.where(area > 0, area, 1)
    return GroundTruth.from_boxes(
        np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1),
        classes,
        np.isin(classes, _IGNORED),
        np.where(np.isnan(share), 1.0, np.clip(share, 0, 1)),
        visible_xyxy=np.concatenate([visible[:, :2], visible[:, :2] + visible[:, 2:]], axis=1),
    )
