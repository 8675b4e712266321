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


def cvat(root: Path) -> Base:
    """CVAT for images, with every kind of shape."""
    box = '<box label="car" source="manual" occluded="1" xtl="1.5" ytl="2" xbr="30" ybr="40.25"'
    shapes = [
        f'{box} z_order="0"><attribute name="ignore">true</attribute></box>',
        f'{box} rotation="30.0" z_order="0"/>',
        '<polygon label="person" source="manual" occluded="0" points="1,2;30,4;20.5,30" />',
        '<polyline label="person" occluded="0" points="1,2;30,4" z_order="1"/>',
        '<points label="person" occluded="0" points="1,2;3,4"/>',
        '<ellipse label="car" source="auto" occluded="0" cx="20" cy="20" rx="5" ry="9"/>',
        '<mask label="car" occluded="0" rle="3, 5" left="1" top="2" width="4" height="2"/>',
        '<cuboid label="car" occluded="0" xtl1="1" ytl1="2" xbl1="1" ybl1="9" xtr1="9" ytr1="2" '
        'xbr1="9" ybr1="9" xtl2="4" ytl2="3" xbl2="4" ybl2="8" xtr2="12" ytr2="3" xbr2="12" '
        'ybr2="8"/>',
        '<tag label="person" source="manual"/>',
    ]
    images = "".join(
        f'<image id="{i}" name="{name}" subset="" task_id="3" width="64" height="48">'
        f"{''.join(shapes[i::2])}</image>"
        for i, name in enumerate(("a/1.png", "b &amp; c.png"))
    )
    labels = "<label><name>car</name></label><label><name>person</name></label>"
    write(
        root / "annotations.xml",
        "<?xml version='1.0' encoding='utf-8'?>\n<annotations><version>1.1</version><meta><task>"
        "<id>3</id><name>t</name><size>2</size><mode>annotation</mode>"
        f"<labels>{labels}</labels></task></meta>{images}</annotations>\n",
    )
    put(root / "images" / "a" / "1.png", 64, 48)
    return Base("cvat", root / "annotations.xml", {"annotations.xml": "xml"})


def cvat_video(root: Path) -> Base:
    """CVAT for video: tracks whose boxes are at some frames only."""
    places = ((0, 0, 0), (3, 0, 1), (7, 1, 0))
    tracks = "".join(
        f'<track id="{track}" label="{label}" source="manual">'
        + "".join(
            f'<box frame="{frame}" outside="{outside}" occluded="{occluded}" keyframe="1" '
            f'xtl="{1 + frame}" ytl="2.5" xbr="30" ybr="40" z_order="0"/>'
            for frame, outside, occluded in places
        )
        + "</track>"
        for track, label in ((0, "car"), (4, "person"))
    )
    write(
        root / "annotations.xml",
        "<?xml version='1.0' encoding='utf-8'?>\n<annotations><version>1.1</version><meta>"
        "<task><id>3</id><name>clip</name><size>10</size><mode>interpolation</mode>"
        "<start_frame>0</start_frame><stop_frame>9</stop_frame><frame_filter>step=1</frame_filter>"
        "<labels><label><name>car</name></label><label><name>person</name></label></labels>"
        "<original_size><width>64</width><height>48</height></original_size></task>"
        f"<deleted_frames>2</deleted_frames></meta>{tracks}</annotations>\n",
    )
    for i in range(10):
        put(root / "images" / f"frame_{i:06d}.PNG", 64, 48)
    return Base("cvat", root, {"annotations.xml": "xml"})


def yolo(root: Path) -> Base:
    """Ultralytics' layout: the YAML file, label files and the header of an image."""
    write(
        root / "data.yaml",
        "path: .\ntrain: images/train\nval: [images/val]\nnc: 2\nnames:\n  0: person\n  1: car\n",
    )
    for i, split in enumerate(("train", "train", "val")):
        put(root / "images" / split / f"{i}.png", 64, 48)
        lines = "0 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.2 0.2\n1 0.1 0.1 0.3 0.1 0.3 0.4\n"
        write(root / "labels" / split / f"{i}.txt", lines)
    files: dict[str, Kind] = {
        "data.yaml": "yaml", "labels/train/0.txt": "text", "images/train/1.png": "binary"
    }  # fmt: skip
    return Base("yolo", root / "data.yaml", files, {"split": "all"})


def yolo_plain(root: Path) -> Base:
    """Labels beside images, names in a text file."""
    write(root / "classes.txt", "person\ntraffic light\n")
    write(root / "train.txt", "data/0.png\ndata/1.png\n")
    for i in range(2):
        put(root / "data" / f"{i}.png", 64, 48)
        write(root / "data" / f"{i}.txt", f"{i} 0.5 0.5 0.25 0.5\n")
    files: dict[str, Kind] = {
        "classes.txt": "text", "train.txt": "text", "data/0.txt": "text"
    }  # fmt: skip
    return Base("yolo", root, files, {"split": "train"})


BASES: dict[str, Callable[[Path], Base]] = {
    "coco": coco,
    "coco-skipping": coco_skipping,
    "pennfudan": pennfudan,
    "cvat": cvat,
    "cvat-video": cvat_video,
    "yolo": yolo,
    "yolo-plain": yolo_plain,
}
