"""Small data sets of text and XML files, mostly one an image: YOLO, VOC, KITTI, MOT, Penn-Fudan."""

from pathlib import Path

from tests.data.formats.shared.base import Base, write
from tests.data.formats.shared.images import put
from tests.data.formats.shared.mutations import Kind


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


def voc(root: Path) -> Base:
    """VOCdevkit's folders."""
    for i in range(3):
        put(root / "JPEGImages" / f"{i}.jpg", 64, 48)
        write(root / "Annotations" / f"{i}.xml", _annotation(f"{i}.jpg"))
    write(root / "ImageSets" / "Main" / "train.txt", "0\n1\n2\n")
    files: dict[str, Kind] = {"Annotations/0.xml": "xml", "ImageSets/Main/train.txt": "text"}
    return Base("voc", root, files, {"split": "train"})


def voc_beside(root: Path) -> Base:
    """Annotations beside their images, as LabelImg leaves them."""
    for i in range(2):
        put(root / f"{i}.png", 64, 48)
        write(root / f"{i}.xml", _annotation(f"{i}.png"))
    return Base("voc", root, {"0.xml": "xml"}, {"classes": "car|person"})


def _annotation(name: str) -> str:
    objects = "".join(
        f"<object><name>{label}</name><pose>Left</pose><truncated>1</truncated>"
        f"<occluded>0</occluded><difficult>{i}</difficult><bndbox><xmin>{1 + i}</xmin>"
        "<ymin>2</ymin><xmax>30.5</xmax><ymax>40</ymax></bndbox><part><name>head</name><bndbox><xmin>3</xmin>"
        "<ymin>4</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></part></object>"
        for i, label in enumerate(("car", "person"))
    )
    return (
        f"<annotation><folder>VOC</folder><filename>{name}</filename><size><width>64</width>"
        f"<height>48</height><depth>3</depth></size><segmented>0</segmented>{objects}</annotation>"
    )


_SPACE = "2.85 2.63 12.34 0.47 1.49 69.44 -1.56"


def kitti(root: Path) -> Base:
    """Object detection."""
    for i in range(3):
        put(root / "training" / "image_2" / f"00000{i}.png", 64, 48)
        lines = f"Car 0.50 1 -1.57 1.5 2.25 30.0 40.0 {_SPACE}\n"
        lines += f"DontCare -1 -1 -10 3.0 4.0 9.0 12.0 {'-1 ' * 3}{'-1000 ' * 3}-10\n"
        write(root / "training" / "label_2" / f"00000{i}.txt", lines)
    return Base("kitti", root, {"training/label_2/000000.txt": "text"})


def kitti_tracking(root: Path) -> Base:
    """Tracking: one label file a video."""
    for name in ("0000", "0001"):
        for i in range(3):
            put(root / "image_02" / name / f"00000{i}.png", 64, 48)
        lines = [f"{i} 7 Cyclist 0 2 -1.57 1.5 2.25 30.0 40.0 {_SPACE}\n" for i in range(3)]
        write(root / "label_02" / f"{name}.txt", "".join(lines))
    return Base("kitti", root, {"label_02/0000.txt": "text"}, {"tracking": True})


def mot(root: Path) -> Base:
    """Two sequences."""
    for name in ("MOT17-02", "MOT17-04"):
        write(
            root / name / "seqinfo.ini",
            f"[Sequence]\nname={name}\nimDir=img1\nframeRate=30\nseqLength=3\nimWidth=64\n"
            "imHeight=48\nimExt=.jpg\n",
        )
        for i in range(1, 4):
            put(root / name / "img1" / f"00000{i}.jpg", 64, 48)
        lines = [f"{i},{7 + i},1.5,2,30,40.25,{i % 2},{i},0.5\n" for i in (1, 2)]
        write(root / name / "gt" / "gt.txt", "".join(lines))
    files: dict[str, Kind] = {"MOT17-02/seqinfo.ini": "text", "MOT17-02/gt/gt.txt": "text"}
    return Base("mot", root, files)
