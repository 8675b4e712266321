"""Files written by other libraries, for `test_files.py`: `make interop-files` runs this.

It runs in the environment of requirements.txt, without labelnext. Each library is handed the same
scene and writes it in every detection format it can; the boxes to be found again are the scene's
own, not read back from the files.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import supervision
from cityscapesscripts.helpers.annotation import Annotation, CsObjectType
from datumaro.components.annotation import AnnotationType, Bbox, LabelCategories
from datumaro.components.dataset import Dataset
from datumaro.components.dataset_base import DatasetItem
from datumaro.components.media import Image
from PIL import Image as Pillow
from scalabel.label import typing as scalabel
from scalabel.label.io import save as scalabel_save
from scene import CLASSES, PICTURES, Picture

HERE = Path(__file__).parent / "files"


def main() -> None:
    """Write everything anew."""
    shutil.rmtree(HERE, ignore_errors=True)
    for name, (make, expected) in MAKERS.items():
        folder = HERE / name
        folder.mkdir(parents=True)
        make(folder)
        (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def datumaro(form: str, last: str = "train") -> Callable[[Path], None]:
    """A maker by datumaro's exporter of a format; the last image is of the subset `last`."""

    def make(folder: Path) -> None:
        items = [
            DatasetItem(
                id=picture.name,
                subset=last if picture is PICTURES[-1] else "train",
                media=Image.from_numpy(pixels(picture)),
                annotations=[_bbox(10 * i + j, box) for j, box in enumerate(picture.boxes, 1)],
                attributes={"frame": i, "id": i + 1},
            )
            for i, picture in enumerate(PICTURES)
        ]
        categories = {AnnotationType.label: LabelCategories.from_iterable(CLASSES)}
        made = Dataset.from_iterable(items, categories=categories, media_type=Image)
        made.export(str(folder), form, save_media=True, image_ext=".png")

    return make


def _bbox(number: int, box: Any) -> Bbox:
    x1, y1, x2, y2 = box.xyxy
    attributes = {
        "occluded": box.occluded, "truncated": box.truncated, "difficult": box.difficult,
        "track_id": box.track, "is_crowd": False,
    }  # fmt: skip
    return Bbox(
        x1, y1, x2 - x1, y2 - y1, id=number, label=CLASSES.index(box.label), attributes=attributes
    )


def by_supervision(form: str) -> Callable[[Path], None]:
    """A maker by supervision's DetectionDataset."""

    def make(folder: Path) -> None:
        source = folder / "source"
        source.mkdir()
        annotations = {}
        for picture in PICTURES:
            path = source / f"{picture.name}.png"
            _save(path, pixels(picture))
            annotations[str(path)] = supervision.Detections(
                xyxy=np.array([b.xyxy for b in picture.boxes], np.float32).reshape(-1, 4),
                class_id=np.array([CLASSES.index(b.label) for b in picture.boxes], int),
            )
        made = supervision.DetectionDataset(list(CLASSES), list(annotations), annotations)
        images = str(folder / "images")
        if form == "coco":
            made.as_coco(images, str(folder / "labels.json"))
        elif form == "yolo":
            made.as_yolo(images, str(folder / "labels"), str(folder / "data.yaml"))
        elif form == "voc":
            made.as_pascal_voc(images, str(folder / "annotations"))
        else:
            made.as_labelme(images, str(folder / "images"))
        shutil.rmtree(source)

    return make


def by_scalabel(folder: Path) -> None:
    """BDD100K's present form, which is Scalabel's: frames and config."""
    frames = []
    for i, picture in enumerate(PICTURES):
        labels = [
            scalabel.Label(
                id=str(box.track),
                category=box.label,
                box2d=scalabel.Box2D(**dict(zip(("x1", "y1", "x2", "y2"), box.xyxy, strict=True))),
                attributes={"occluded": box.occluded, "truncated": box.truncated},
                **dict.fromkeys(("box3d", "poly2d", "rle", "graph")),
            )
            for box in picture.boxes
        ]
        name = f"{picture.name}.png"
        frames.append(
            scalabel.Frame(
                name=name, url=None, videoName="clip", frameIndex=i, labels=labels or None
            )
        )
        _save(folder / "images" / name, pixels(picture))
    config = scalabel.Config(
        imageSize=None, attributes=None, poseSigmas=None,
        categories=[
            scalabel.Category(name=name, subcategories=None, color=None) for name in CLASSES
        ],
    )  # fmt: skip
    dataset = scalabel.Dataset(frames=frames, groups=None, config=config)
    scalabel_save(str(folder / "labels.json"), dataset)


def by_cityscapes(folder: Path) -> None:
    """CityPersons JSON; cityscapesScripts writes none, but must read these boxes out of it."""
    for picture in PICTURES:
        stem = f"bonn_{picture.name}_000019"
        rows = []
        for number, box in enumerate(picture.boxes):
            x1, y1, x2, y2 = (round(value) for value in box.xyxy)
            whole, half = [x1, y1, x2 - x1, y2 - y1], [x1, y1, (x2 - x1 + 1) // 2, y2 - y1]
            label = _CITY_NAMES[box.label]
            rows.append(
                {"instanceId": 24000 + number, "bbox": whole, "bboxVis": half, "label": label}
            )
        content = {"imgHeight": picture.height, "imgWidth": picture.width, "objects": rows}
        labels = folder / "gtBboxCityPersons" / "train" / "bonn" / f"{stem}_gtBboxCityPersons.json"
        labels.parent.mkdir(parents=True, exist_ok=True)
        labels.write_text(json.dumps(content))
        back = Annotation(CsObjectType.BBOX2D)
        back.fromJsonText(labels.read_text())
        for found, box in zip(back.objects, picture.boxes, strict=True):
            np.testing.assert_allclose(found.bbox_amodal, box.xyxy, atol=0.5)
        _save(
            folder / "leftImg8bit" / "train" / "bonn" / f"{stem}_leftImg8bit.png", pixels(picture)
        )


def pixels(picture: Picture) -> np.ndarray:
    """Black pixels."""
    return np.zeros((picture.height, picture.width, 3), np.uint8)


def _save(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(image).save(path)


def expect(
    reader: str,
    location: str = "",
    *,
    precision: float = 0.01,
    holds: str = "",
    unlabelled: str = "",
    names: dict[str, str] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """What `test_files.py` reads.

    Args:
        reader: Name of the reader.
        location: What it is given, relative to the folder.
        precision: How near the boxes must come, in pixels.
        holds: Parts of a box, beyond its corners and class, that must come back.
        unlabelled: Pictures for which the library writes no label file because they are empty.
        names: What the format calls the classes, where it has its own.
        options: Of the reader.
    """
    return {
        "reader": reader, "location": location, "precision": precision, "holds": holds.split(),
        "unlabelled": unlabelled.split(), "names": names, "options": options,
    }  # fmt: skip


_LABELS = "|".join(CLASSES)
_CITY_NAMES = {"pedestrian": "pedestrian", "car": "ignore", "cyclist": "rider"}

MAKERS: dict[str, tuple[Callable[[Path], None], dict[str, Any]]] = {
    "datumaro-coco": (
        datumaro("coco_instances"), expect("coco", "annotations/instances_train.json")
    ),
    "datumaro-yolo": (datumaro("yolo"), expect("yolo")),
    "datumaro-ultralytics": (
        datumaro("yolo_ultralytics", "val"), expect("yolo", "data.yaml", split="all")
    ),
    "datumaro-voc": (
        datumaro("voc_detection"),
        expect("voc", holds="difficult truncated occluded", unlabelled="000004", one_based=False),
    ),
    "datumaro-kitti": (
        datumaro("kitti_detection"),
        expect("kitti", "train", holds="truncated occluded", unlabelled="000004",
               classes=_LABELS),
    ),
    "datumaro-mot": (datumaro("mot_seq_gt"), expect("mot", holds="track", one_based=False)),
    "datumaro-cvat": (datumaro("cvat"), expect("cvat", "train.xml", holds="occluded")),
    "supervision-coco": (by_supervision("coco"), expect("coco", "labels.json")),
    "supervision-yolo": (by_supervision("yolo"), expect("yolo", "data.yaml")),
    # It writes whole pixels.
    "supervision-voc": (by_supervision("voc"), expect("voc", precision=0.5)),
    "supervision-labelme": (by_supervision("labelme"), expect("labelme", "images")),
    "scalabel-bdd100k": (
        by_scalabel, expect("bdd100k", "labels.json", holds="track occluded truncated")
    ),
    "cityscapesscripts-citypersons": (
        by_cityscapes, expect("citypersons", precision=0.5, names=_CITY_NAMES)
    ),
}  # fmt: skip

if __name__ == "__main__":
    main()
