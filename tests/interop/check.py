"""Other libraries read what labelnext wrote (`write.py`), and find the scene's boxes in it.

It runs in the environment of requirements.txt, without labelnext: `make interop`.
"""

import logging
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import supervision
from datumaro.components.annotation import AnnotationType
from datumaro.components.dataset import Dataset
from scene import CLASSES, PICTURES

Found = Mapping[str, tuple[np.ndarray, list[str]]]
"""Boxes and class names of each image, by its name without suffix."""

UNCHECKED = {"labelstudio"}  # no library here reads it; tests hold it to the tool's documentation


def by_datumaro(form: str, shift: float = 0) -> Callable[[Path], Found]:
    """Datumaro's importer of a format; `shift` is added to the upper left corners it finds."""

    def read(folder: Path) -> Found:
        data = Dataset.import_from(str(folder), form)
        names = [label.name for label in data.categories()[AnnotationType.label]]
        found = {}
        for item in data:
            boxes = [a for a in item.annotations if a.type == AnnotationType.bbox]
            corners = [[b.x + shift, b.y + shift, b.x + b.w, b.y + b.h] for b in boxes]
            found[Path(item.id).name] = (np.array(corners), [names[box.label] for box in boxes])
        return found

    return read


def by_supervision(load: Callable[[Path], supervision.DetectionDataset]) -> Callable[[Path], Found]:
    """Supervision's loader of a format."""

    def read(folder: Path) -> Found:
        data = load(folder)
        found = {}
        for path, _, boxes in data:
            labels = [] if boxes.class_id is None else [data.classes[i] for i in boxes.class_id]
            found[Path(path).stem] = (boxes.xyxy, labels)
        return found

    return read


def coco(folder: Path) -> supervision.DetectionDataset:
    """Of COCO."""
    return supervision.DetectionDataset.from_coco(
        str(folder / "out"), str(folder / "out/labels.json")
    )


def coco_folders(folder: Path) -> Path:
    """The same files under the names that Datumaro looks for."""
    made = folder / "as COCO"
    (made / "annotations").mkdir(parents=True)
    shutil.copy(folder / "out" / "labels.json", made / "annotations" / "instances_train.json")
    shutil.copytree(folder / "out", made / "images" / "train")
    return made


def yolo(folder: Path) -> supervision.DetectionDataset:
    """Of YOLO."""
    out = folder / "out"
    return supervision.DetectionDataset.from_yolo(
        str(out / "images/train"), str(out / "labels/train"), str(out / "data.yaml")
    )


def voc(folder: Path) -> supervision.DetectionDataset:
    """Of Pascal VOC."""
    out = folder / "out"
    return supervision.DetectionDataset.from_pascal_voc(
        str(out / "JPEGImages"), str(out / "Annotations")
    )


def voc_folder(folder: Path) -> Path:
    """The same folder, with the list that Datumaro needs of classes that are not VOC's own."""
    lines = "".join(f"{name}:::\n" for name in CLASSES)
    (folder / "out" / "labelmap.txt").write_text("# label:color_rgb:parts:actions\n" + lines)
    return folder / "out"


def labelme(folder: Path) -> supervision.DetectionDataset:
    """Of LabelMe."""
    return supervision.DetectionDataset.from_labelme(str(folder / "out"), str(folder / "out"))


def compare(found: Found, precision: float) -> None:
    """Every box of the scene, of its class, in any order."""
    assert sorted(found) == sorted(picture.name for picture in PICTURES), sorted(found)
    for picture in PICTURES:
        boxes, labels = found[picture.name]
        order = sorted(range(len(labels)), key=lambda i: boxes[i][0])
        expected = sorted(picture.boxes, key=lambda box: box.xyxy)
        assert [labels[i] for i in order] == [box.label for box in expected], picture.name
        for i, box in zip(order, expected, strict=True):
            np.testing.assert_allclose(boxes[i], box.xyxy, rtol=0, atol=precision)


# Supervision counts a VOC file's corners from 1, as its writer does; Datumaro takes them from 0.
READERS: dict[str, Iterable[tuple[str, Callable[[Path], Found], float]]] = {
    "coco": [
        ("supervision", by_supervision(coco), 1e-3),
        ("datumaro", lambda folder: by_datumaro("coco")(coco_folders(folder)), 1e-3),
    ],
    "yolo": [("supervision", by_supervision(yolo), 1e-3)],
    "voc": [
        ("supervision", by_supervision(voc), 1.0),
        ("datumaro", lambda folder: by_datumaro("voc_detection", -1)(voc_folder(folder)), 1e-3),
    ],
    "cvat": [("datumaro", lambda folder: by_datumaro("cvat")(folder / "out"), 1e-2)],
    "labelme": [("supervision", by_supervision(labelme), 1e-3)],
}


def main(folder: Path) -> None:
    """Check every format that was written."""
    written = {path.name for path in folder.iterdir()} - {"source"}
    assert written == {*READERS, *UNCHECKED}, written
    for form, readers in READERS.items():
        for library, read, precision in readers:
            compare(read(folder / form), precision)
            sys.stdout.write(f"{form}: {library} finds every box, to {precision:g} px\n")


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    main(Path(sys.argv[1]))
