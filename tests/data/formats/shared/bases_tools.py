"""Small data sets as labelling tools export them: CVAT, Label Studio, LabelMe, VoTT."""

from pathlib import Path

from tests.data.formats.shared.base import Base, write
from tests.data.formats.shared.images import put


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


def labelstudio(root: Path) -> Base:
    """Every kind of region, two annotations of one task, a skipped and an unlabelled task."""
    size = {"original_width": 64, "original_height": 48, "image_rotation": 0}

    def region(name: str, kind: str, **value: object) -> dict[str, object]:
        labels = {f"{kind}labels": ["car"]}
        return {
            "id": name, "from_name": "label", "to_name": "image", "type": f"{kind}labels", **size,
            "value": {**value, **labels}, "meta": {"text": ["ignore"]},
        }  # fmt: skip

    def task(number: int, *annotations: object, **data: object) -> dict[str, object]:
        name = {"image": f"/data/local-files/?d=images/{number}.png"}
        return {"id": number, "data": {**name, **data}, "annotations": list(annotations)}

    box = region("a", "rectangle", x=10, y=20.5, width=30, height=40, rotation=15)
    polygon = region("b", "polygon", points=[[1, 2], [30, 4], [20, 50]])
    ellipse = region("c", "ellipse", x=40, y=40, radiusX=5, radiusY=9, rotation=0)
    point = region("e", "keypoint", x=5, y=5, width=1)
    when = {"updated_at": "2024-05-01T10:00:00.000000Z", "was_cancelled": False, "completed_by": 3}
    tasks = [
        task(1, {"id": 8, "result": [box, polygon], **when}, {"id": 9, "result": [], **when}),
        task(2, {"id": 10, "result": [ellipse, point, box], **when}),
        task(3, {"id": 11, "result": [], **when, "was_cancelled": True}),
        task(4, video="clip", frame=7, seconds=0.25),
    ]
    write(root / "tasks.json", tasks)
    write(
        root / "label_config.xml",
        '<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image">'
        '<Label value="car"/><Label value="person"/></RectangleLabels></View>',
    )
    for i in range(1, 5):
        put(root / "images" / f"{i}.png", 64, 48)
    return Base("labelstudio", root, {"tasks.json": "json", "label_config.xml": "xml"})


def labelstudio_min(root: Path) -> Base:
    """JSON-MIN: one flat object an annotation."""
    size = {"original_width": 64, "original_height": 48}
    box = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, **size}
    tasks = [
        {"image": f"/data/upload/3/1a2b3c4d-{i}.png", "id": i, "annotator": 1, "annotation_id": i,
         "label": [{**box, "rectanglelabels": ["car"]}, {**box, "rectanglelabels": ["person"]}],
         "created_at": "2024-05-01T10:00:00Z", "updated_at": "2024-05-01T10:00:00Z"}
        for i in range(1, 4)
    ]  # fmt: skip
    write(root / "export.json", tasks)
    put(root / "1.png", 64, 48)
    return Base("labelstudio", root / "export.json", {"export.json": "json"})


def labelme(root: Path) -> Base:
    """Every kind of shape, in files beside their images."""
    points = [[1.5, 2], [30, 40.25], [20, 10]]
    counts = {"rectangle": 2, "circle": 2, "line": 2, "point": 1}
    shapes = [
        {"label": label, "points": points[: counts.get(kind, 3)], "group_id": None,
         "shape_type": kind, "flags": {"difficult": i % 2 == 0}, "description": ""}
        for i, (kind, label) in enumerate(
            (kind, label)
            for kind in ("rectangle", "polygon", "circle", "line", "linestrip", "points", "point")
            for label in ("car", "person")
        )
    ]  # fmt: skip
    for i in range(2):
        content = {
            "version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": f"{i}.png",
            "imageData": None, "imageHeight": 48, "imageWidth": 64,
        }  # fmt: skip
        write(root / "a" / f"{i}.json", content)
        put(root / "a" / f"{i}.png", 64, 48)
    return Base("labelme", root, {"a/0.json": "json"})


def _vott_asset(number: int) -> dict[str, object]:
    regions = [
        {"id": f"r{i}", "type": kind, "tags": ["car", "blue"],
         "boundingBox": {"left": 1.5, "top": 2, "width": 20, "height": 30},
         "points": [{"x": 1.5, "y": 2}, {"x": 21.5, "y": 2}, {"x": 21.5, "y": 32}]}
        for i, kind in enumerate(("RECTANGLE", "POLYGON"))
    ]  # fmt: skip
    asset = {
        "format": "png", "id": f"a{number}", "name": f"{number}.png", "size": {"width": 64,
        "height": 48}, "path": f"file:C:/data/{number}.png", "state": number % 3, "type": 1,
    }  # fmt: skip
    if number == 4:
        parent = {"id": "v", "name": "clip.mp4", "path": "file:/v/clip.mp4", "type": 2}
        asset |= {"name": "clip.mp4#t=0.5", "timestamp": 0.5, "type": 3, "parent": parent}
        asset |= {"state": 2}
    return {"asset": asset, "regions": regions if asset["state"] == 2 else [], "version": "2.1.0"}


def vott(root: Path) -> Base:
    """An export of images and of a frame of a video that is absent."""
    tags = [{"name": name, "color": "#5db300"} for name in ("car", "person")]
    assets = {f"a{i}": _vott_asset(i) for i in range(5)}
    write(
        root / "vott-json-export" / "p-export.json", {"name": "p", "tags": tags, "assets": assets}
    )
    for i in range(4):
        put(root / "vott-json-export" / f"{i}.png", 64, 48)
    file = "vott-json-export/p-export.json"
    return Base("vott", root / file, {file: "json"})


def vott_assets(root: Path) -> Base:
    """A project's folder: a file an asset."""
    for i in range(4):
        write(root / f"a{i}-asset.json", _vott_asset(i))
        put(root / f"{i}.png", 64, 48)
    project = {"name": "p", "tags": [{"name": "person", "color": "#ff0000"}], "assets": {}}
    write(root / "p.vott", project)
    return Base("vott", root, {"a2-asset.json": "json", "p.vott": "json"})
