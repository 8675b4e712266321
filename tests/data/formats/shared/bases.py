"""A small, sound data set of each format, whose files are then damaged one by one."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from labelnext.masks import pack
from tests.data.formats.shared import bases_files, bases_tools, bases_video
from tests.data.formats.shared.base import Base, write
from tests.data.formats.shared.images import put


def coco(root: Path) -> Base:
    """COCO with every field this project adds."""
    labels = {
        "images": [
            {"id": i, "file_name": f"f/{i}.png", "width": 64, "height": 48, "video": "v",
             "frame": i, "seconds": i / 25, "labelled": i != 5, "segment": i // 3}
            for i in range(1, 6)
        ],
        "annotations": [
            {"id": i, "image_id": i, "category_id": 1 + i % 2, "bbox": [i, 2.5, 10, 20],
             "iscrowd": 0, "ignore": i % 2, "visible": 0.5, "visible_bbox": [i, 2.5, 5, 20],
             "occluded": 1, "truncated": 0.25, "track_id": i}
            for i in range(1, 5)
        ],
        "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "car"}],
    }  # fmt: skip
    write(root / "labels.json", labels)
    put(root / "f" / "1.png", 64, 48)
    return Base("coco", root / "labels.json", {"labels.json": "json"})


def coco_skipping(root: Path) -> Base:
    """The same, read with bad records left out and said."""
    return Base("coco", coco(root).location, {"labels.json": "json"}, {"skip_bad": True})


def coco_masks(root: Path) -> Base:
    """The same with masks of every form."""
    base = coco(root)
    labels = json.loads(base.location.read_text())
    outline = [2, 3, 12, 3, 12, 20, 2.5, 20]
    forms = (
        [outline, [20, 20, 30, 20, 30, 30]], {"size": [48, 64], "counts": [100, 20, 2952]}, [],
        {"size": [48, 64], "counts": pack(np.ones((1, 48, 64), bool))[0].decode()},
    )  # fmt: skip
    for entry, form in zip(labels["annotations"], forms, strict=True):
        entry["segmentation"] = form
    write(base.location, labels)
    return Base("coco", base.location, {"labels.json": "json"}, {"masks": True})


BASES: dict[str, tuple[Callable[[Path], Base], ...]] = {
    "bdd100k": (bases_video.bdd100k, bases_video.bdd100k_frames),
    "caltech": (bases_video.caltech,),
    "citypersons": (
        bases_video.citypersons, bases_video.citypersons_packed, bases_video.citypersons_json
    ),
    "coco": (coco, coco_skipping, coco_masks),
    "cvat": (bases_tools.cvat, bases_tools.cvat_video),
    "frames": (bases_video.frames,),
    "images": (bases_video.images,),
    "kitti": (bases_files.kitti, bases_files.kitti_tracking),
    "labelme": (bases_tools.labelme,),
    "labelstudio": (bases_tools.labelstudio, bases_tools.labelstudio_min),
    "media": (bases_video.media,),
    "mot": (bases_files.mot,),
    "pennfudan": (bases_files.pennfudan,),
    "video": (bases_video.video_avi, bases_video.video_mp4, bases_video.video_tables),
    "voc": (bases_files.voc, bases_files.voc_beside),
    "vott": (bases_tools.vott, bases_tools.vott_assets),
    "yolo": (bases_files.yolo, bases_files.yolo_plain),
}  # fmt: skip
