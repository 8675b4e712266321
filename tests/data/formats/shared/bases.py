"""A small, sound data set of each format, whose files are then damaged one by one."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelnext import plugins
from tests.data.formats.shared.images import put
from tests.data.formats.shared.mutations import Kind


@dataclass(frozen=True)
class Base:
    """One data set.

    Attributes:
        reader: Name of the reader.
        location: What it is given.
        files: Files to damage, relative to the root, with their kind.
        options: Of the reader.
    """

    reader: str
    location: Path
    files: dict[str, Kind]
    options: dict[str, Any] = field(default_factory=dict)

    def read(self) -> Any:
        """The data set as the reader gives it now."""
        return plugins.load("readers", self.reader)(self.location, **self.options)


def write(path: Path, content: str | bytes | object) -> None:
    """Write text, bytes, or anything else as JSON, with the folders above."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")


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


def pennfudan(root: Path) -> Base:
    """Two annotated pictures."""
    for name in ("p", "q"):
        text = "Image size (X x Y x C) : 60 x 40 x 3\nObjects with ground truth : 2 { }\n"
        for i in (1, 2):
            text += f'Bounding box for object {i} "P" (Xmin, Ymin) - (Xmax, Ymax)'
            text += f" : ({2 + i}, 4) - (9, {20 - i})\n"
        write(root / "Annotation" / f"{name}.txt", text)
        put(root / "PNGImages" / f"{name}.png", 60, 40)
    return Base("pennfudan", root, {"Annotation/p.txt": "text"})


BASES: dict[str, Callable[[Path], Base]] = {
    "coco": coco,
    "pennfudan": pennfudan,
}
