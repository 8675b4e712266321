"""CVAT XML 1.1: files as CVAT 2.x exports them, every fault with its line, and the way back."""

from pathlib import Path

import av
import numpy as np
import pytest

from labelnext.data.formats import cvat
from labelnext.data.formats.cvat import writer
from labelnext.errors import ArgumentError, DataError
from labelnext.types import Detections, GroundTruth, ImageRecord, Sample

META = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <id>7</id>
      <name>crossing</name>
      <size>{size}</size>
      <mode>{mode}</mode>
      <overlap>0</overlap>
      <start_frame>0</start_frame>
      <stop_frame>{stop}</stop_frame>
      <frame_filter>{filter}</frame_filter>
      <labels>
        <label><name>person</name><color>#c06060</color><type>any</type>
          <attributes><attribute><name>hat</name></attribute></attributes></label>
        <label><name>car</name><color>#2080c0</color><type>any</type><attributes/></label>
        <label><name>nose</name><type>points</type><parent>body</parent></label>
      </labels>
      {more}
    </task>
    <dumped>2024-05-01 10:00:00.000000+00:00</dumped>
  </meta>
"""
IMAGE = """  <image id="0" name="a.jpg" width="100" height="80">
    <box label="car" source="manual" occluded="1" xtl="10.50" ytl="20.25" xbr="30.00" ybr="40.00"
     z_order="0"><attribute name="hat">red</attribute></box>
  </image>
  <image id="1" name="b.jpg" width="100" height="80">
  </image>
"""


def images_xml(folder: Path, body: str = IMAGE) -> Path:
    path = folder / "annotations.xml"
    meta = META.format(size=2, mode="annotation", stop=1, filter="", more="")
    path.write_text(meta + body + "</annotations>\n", "utf-8")
    return path


def video_xml(folder: Path, body: str, *, size: int = 6, stop: int = 5, **more: str) -> Path:
    path = folder / "annotations.xml"
    values = {"filter": "", "more": "", **more}
    values["more"] += "<original_size><width>100</width><height>80</height></original_size>"
    meta = META.format(size=size, mode="interpolation", stop=stop, **values)
    path.write_text(meta + body + "</annotations>\n", "utf-8")
    return path


def knot(frame: int, x: float, *, outside: int = 0, more: str = "") -> str:
    return (
        f'<box frame="{frame}" outside="{outside}" occluded="0" keyframe="1" xtl="{x}" ytl="10" '
        f'xbr="{x + 10}" ybr="30" z_order="0" {more}/>'
    )


def make_clip(path: Path, frames: int) -> None:
    """Ten frames a second of 100 x 80 pixels, each of another grey."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height = 100, 80
        for i in range(frames):
            grey = np.full((80, 100, 3), 20 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())


def boxes(found, key: str) -> list[list[float]]:
    (truth,) = [s.truth for s in found.samples() if s.record.key == key]
    return truth.xyxy.tolist()


def shape(element: str, tmp_path: Path) -> tuple[list[list[float]], list[str]]:
    body = f'<image id="0" name="a.jpg" width="100" height="80">{element}</image>'
    found = cvat.read(images_xml(tmp_path, body))
    return boxes(found, "a.jpg"), list(found.notes)


def test_images(tmp_path: Path) -> None:
    path = images_xml(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").write_bytes(b"")
    for location in (path, tmp_path):
        found = cvat.read(location)
        assert found.classes == ("person", "car")
        assert len(found) == 2
        a, b = found.samples()
        assert (a.record.key, a.record.width, a.record.height) == ("a.jpg", 100, 80)
        assert a.record.path == str(tmp_path / "images" / "a.jpg")
        assert a.record.video is None
        assert a.truth.xyxy.tolist() == [[10.5, 20.25, 30, 40]]
        assert a.truth.classes.tolist() == [1]
        assert a.truth.occlusion.tolist() == [1]
        assert a.problems == ()
        assert b.truth is not None
        assert len(b.truth) == 0
        assert found.notes == []


@pytest.mark.parametrize(
    ("element", "box", "note"),
    [
        ('<polygon label="car" occluded="0" points="1.0,2.0;30.5,4.0;7.0,50.0"/>',
         [1, 2, 30.5, 50], "1 polygons: read as enclosing boxes"),
        ('<polyline label="car" points="1,2;30,4"/>', [1, 2, 30, 4], "1 polylines"),
        ('<points label="car" points="1,2;30,4;9,9"/>', [1, 2, 30, 9], "1 groups of points"),
        ('<ellipse label="car" cx="50" cy="40" rx="20" ry="10"/>', [30, 30, 70, 50], "1 ellipses"),
        ('<ellipse label="car" cx="50" cy="40" rx="20" ry="10" rotation="90"/>',
         [40, 20, 60, 60], "1 ellipses"),
        ('<mask label="car" rle="0, 12" left="5" top="6" width="3" height="4"/>',
         [5, 6, 8, 10], "1 masks"),
        ('<box label="car" xtl="40" ytl="30" xbr="60" ybr="40" rotation="90"/>',
         [45, 25, 55, 45], "1 turned boxes"),
        ('<box label="car" xtl="40" ytl="30" xbr="60" ybr="50" rotation="45"/>',
         [50 - 200**0.5, 40 - 200**0.5, 50 + 200**0.5, 40 + 200**0.5], "1 turned boxes"),
        ('<skeleton label="car"><points label="l" outside="0" points="3,4"/>'
         '<points label="r" outside="0" points="20,9"/>'
         '<points label="x" outside="1" points="90,70"/></skeleton>', [3, 4, 20, 9], "1 skeletons"),
        ('<cuboid label="car" xtl1="10" ytl1="10" xbl1="10" ybl1="30" xtr1="25" ytr1="9" '
         'xbr1="25" ybr1="31" xtl2="40" ytl2="8" xbl2="40" ybl2="28" xtr2="24" ytr2="7" '
         'xbr2="24" ybr2="29"/>', [10, 7, 40, 31], "1 cuboids"),
    ],
)  # fmt: skip
def test_other_shapes_become_enclosing_boxes(
    element: str, box: list[float], note: str, tmp_path: Path
) -> None:
    found, notes = shape(element, tmp_path)
    np.testing.assert_allclose(found, [box], atol=1e-9)
    assert len(notes) == 1
    assert notes[0].startswith(note)


def test_what_has_no_extent_is_left_out_and_counted(tmp_path: Path) -> None:
    body = '<points label="car" points="1,2"/><tag label="person"/><tag label="car"/>'
    assert shape(body, tmp_path) == (
        [],
        ["2 elements <tag>: left out", "1 single points and empty skeletons: left out"],
    )


def test_boxes_that_do_not_fit_are_named(tmp_path: Path) -> None:
    path = images_xml(tmp_path, IMAGE.replace('xbr="30.00"', 'xbr="104.00"'))
    assert next(cvat.read(path).samples()).problems == (
        "annotations.xml, line 25: box reaches 4.0 px beyond the right edge; clipped",
    )


def test_shapes_made_by_a_model(tmp_path: Path) -> None:
    path = images_xml(tmp_path, IMAGE.replace('source="manual"', 'source="auto"'))
    found = cvat.read(path)
    assert [len(sample.truth) for sample in found.samples()] == [1, 0]
    assert found.notes == [
        "1 labels are marked as made by a model: taken as labels; auto=false leaves them out"
    ]
    found = cvat.read(path, auto=False)
    assert [sample.truth is None for sample in found.samples()] == [True, False]
    assert found.notes == ["1 labels are marked as made by a model: left out"]


def test_names_of_a_project_with_subsets(tmp_path: Path) -> None:
    text = IMAGE.replace('name="a.jpg"', 'name="b.jpg" subset="train"')
    (tmp_path / "images" / "train").mkdir(parents=True)
    for name in ("train/b.jpg", "b.jpg"):
        (tmp_path / "images" / name).write_bytes(b"")
    samples = list(cvat.read(images_xml(tmp_path, text)).samples())
    assert [sample.record.key for sample in samples] == ["train/b.jpg", "b.jpg"]
    assert [Path(s.record.path).parent.name for s in samples] == ["train", "images"]


def test_a_video_exported_by_images(tmp_path: Path) -> None:
    body = IMAGE.replace('"a.jpg"', '"frame_000000"').replace('"b.jpg"', '"frame_000001"')
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "frame_000000.PNG").write_bytes(b"")
    path = images_xml(tmp_path, body)
    path.write_text(path.read_text().replace(">annotation<", ">interpolation<"))
    first, second = (sample.record for sample in cvat.read(path).samples())
    assert (first.video, first.frame, second.frame) == ("crossing", 0, 1)
    assert first.path == str(tmp_path / "images" / "frame_000000.PNG")


def test_tracks(tmp_path: Path) -> None:
    """Keyframes only: linear between them, gone while outside, there until the end after."""
    body = (
        f'<track id="3" label="car" source="manual">{knot(0, 10)}{knot(4, 50)}</track>'
        f'<track id="9" label="person" source="manual">{knot(1, 20)}{knot(2, 20, outside=1)}'
        f"{knot(5, 70)}</track>"
    )
    found = cvat.read(video_xml(tmp_path, body))
    assert (found.classes, len(found)) == (("person", "car"), 6)
    seen = [
        [(int(n), box[0]) for n, box in zip(s.truth.tracks, s.truth.xyxy.tolist(), strict=True)]
        for s in found.samples()
    ]
    assert seen == [
        [(3, 10)], [(3, 20), (9, 20)], [(3, 30)], [(3, 40)], [(3, 50)], [(3, 50), (9, 70)],
    ]  # fmt: skip
    record = next(found.samples()).record
    assert record.key == "images/frame_000000.PNG"
    assert (record.video, record.frame, record.width, record.height) == ("crossing", 0, 100, 80)
    assert found.notes == [
        "annotations.xml: no frames beside it: name their folder or the video, as in "
        "cvat[frames=images]: or cvat[video=clip.mp4]:"
    ]


def test_tracks_with_every_frame_listed(tmp_path: Path) -> None:
    """As CVAT exports them: the way between is in the file, and it is not linear."""
    steps = "".join(knot(frame, x) for frame, x in enumerate([10, 11, 30, 5]))
    body = f'<track id="0" label="car">{steps}{knot(4, 5, outside=1)}</track>'
    found = cvat.read(video_xml(tmp_path, body))
    assert [s.truth.xyxy[:, 0].tolist() for s in found.samples()] == [[10], [11], [30], [5], [], []]


def test_the_angle_goes_the_shorter_way(tmp_path: Path) -> None:
    first, last = knot(0, 40, more='rotation="350"'), knot(2, 40, more='rotation="10"')
    body = f'<track id="0" label="car">{first}{last}</track>'
    found = cvat.read(video_xml(tmp_path, body, size=3, stop=2))
    assert list(found.samples())[1].truth.xyxy.tolist() == [[40, 10, 50, 30]]
    assert "2 turned boxes: read as enclosing boxes" in found.notes


def test_frames_of_a_video(tmp_path: Path) -> None:
    body = f'<track id="0" label="car">{knot(0, 10)}{knot(20, 30)}</track>'
    step = {"filter": "step=5", "more": "<deleted_frames><frame>10</frame></deleted_frames>"}
    path = video_xml(tmp_path, body, size=4, stop=20, **step)
    found = cvat.read(path)
    assert [s.record.frame for s in found.samples()] == [0, 5, 15, 20]
    assert [s.truth.xyxy[0, 0] for s in found.samples()] == [10, 15, 25, 30]
    (tmp_path / "stills").mkdir()
    for number in (0, 5, 10):
        (tmp_path / "stills" / f"frame_{number:06d}.PNG").write_bytes(b"")
    found = cvat.read(path, frames="stills")
    records = [sample.record for sample in found.samples()]
    assert [record.key for record in records] == ["stills/frame_000000.PNG",
                                                  "stills/frame_000005.PNG"]  # fmt: skip
    assert found.notes == [
        "annotations.xml: tracks go on to frame 20, the frames end at 10: what lies beyond is left "
        "out"
    ]
    make_clip(tmp_path / "clip.mp4", 12)
    records = [sample.record for sample in cvat.read(path, video="clip.mp4").samples()]
    assert [record.frame for record in records] == [0, 5, 15, 20]
    assert (records[1].key, records[1].path) == (
        "clip.mp4/frame_000005", str(tmp_path / "clip.mp4"),
    )  # fmt: skip
    assert records[1].seconds == pytest.approx(0.5)
    assert records[1].place is not None
    assert records[2].place is None
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    found = cvat.read(path, video="broken.mp4")
    assert [s.record.place for s in found.samples()] == [None] * 4
    assert found.notes[0].startswith("broken.mp4: ")


def test_images_that_are_not_numbered_are_frames_by_their_order(tmp_path: Path) -> None:
    body = f'<track id="0" label="car">{knot(0, 10)}{knot(1, 30)}</track>'
    (tmp_path / "images").mkdir()
    for name in ("south.jpg", "north.jpg"):
        (tmp_path / "images" / name).write_bytes(b"")
    found = cvat.read(video_xml(tmp_path, body, size=2, stop=1))
    assert [s.record.key for s in found.samples()] == ["images/north.jpg", "images/south.jpg"]
    assert "in the order of their names" in found.notes[0]


def test_a_size_that_is_contradicted_is_not_believed(tmp_path: Path) -> None:
    body = f'<track id="0" label="car">{knot(0, 10)}{knot(3, 30)}</track>'
    found = cvat.read(video_xml(tmp_path, body, size=900000, stop=5))
    assert len(list(found.samples())) == 4
    assert "<size> says 900000 frames" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('xtl="10.50"', 'xtl="ten"', r"annotations\.xml, line 25: <box> 'xtl' must be a finite"),
        ('xtl="10.50"', 'xtl="nan"', "must be a finite number. Got 'nan'"),
        ('xtl="10.50"', 'xtl="1e300"', "must be a finite number. Got '1e300'"),
        ('xtl="10.50"', "", "must have an attribute 'xtl'"),
        ('occluded="1"', 'occluded="2"', "'occluded' must be 0 or 1. Got '2'"),
        ('label="car"', "", "must have an attribute 'label'"),
        ('width="100"', 'width="0"', r"line 24: <image> 'width' must be a whole number from 1"),
        ('width="100"', 'width="' + "9" * 5000 + '"', "'width' must be a whole number"),
        ('"a.jpg"', '"../a.jpg"', r"line 24: 'name' '../a.jpg' must lie below"),
        ('"a.jpg"', '"/etc/a.jpg"', "must lie below"),
        ('"b.jpg"', '"a.jpg"', "line 28: <image> names 'a.jpg', which another one does"),
        ("<size>2<", "<size>x<", "<size> must hold a whole number"),
        ("</annotations>", "", "is not well-formed XML"),
        ("  <image id", "  <track/><image id", "must have an attribute 'label'"),
        ("<version>", "<!DOCTYPE a><version>", "is not well-formed|declares a document type"),
    ],
)
def test_faults(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = images_xml(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(DataError, match=says):
        list(cvat.read(path).samples())


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (f'<track id="0" label="car">{knot(1, 1)}{knot(1, 2)}</track>', "two shapes on frame 1"),
        ('<track id="0" label="car"/><track id="0" label="car"/>', "the id 0, which another"),
        ('<track id="-1" label="car"/>', "'id' must be a whole number"),
        (f'<track id="0" label="car">{knot(99999999, 1)}</track>', "'frame' must be a whole"),
        ('<track id="0" label="a" task_id="1"/><track id="1" label="a" task_id="2"/>',
         "is of another task"),
        ('<track id="0" label="a"/><image name="a" width="1" height="1"/>', "<image> and <track>"),
    ],
)  # fmt: skip
def test_faults_of_tracks(tmp_path: Path, body: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        list(cvat.read(video_xml(tmp_path, body)).samples())


def test_options_that_do_not_fit(tmp_path: Path) -> None:
    path = images_xml(tmp_path)
    with pytest.raises(DataError, match="nowhere: is no folder, although the option 'images'"):
        cvat.read(path, images="nowhere")
    with pytest.raises(ArgumentError, match="'video' argument of cvat must be left out"):
        cvat.read(path, video="clip.mp4")
    path = video_xml(tmp_path, "")
    with pytest.raises(DataError, match=r"clip\.mp4: is no file, although the option 'video'"):
        cvat.read(path, video="clip.mp4")
    (tmp_path / "stills").mkdir()
    with pytest.raises(DataError, match="stills: holds no image"):
        cvat.read(path, frames="stills")
    path.write_text("<annotations/>")
    with pytest.raises(DataError, match="has no <image> and no <track>"):
        cvat.read(path)


def sample(key: str, truth: GroundTruth | None, **more: object) -> Sample:
    return Sample(ImageRecord(key, key, 100, 80, **more), truth)  # type: ignore[arg-type]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    corners = np.sort(rng.uniform(0, 80, (20, 2, 2)), axis=1).reshape(20, 4)
    classes = ('a "b" <c> & d, e', "two\nlines", "é")
    truth = GroundTruth.from_boxes(
        corners, rng.integers(0, 3, 20), rng.random(20) < 0.5,
        occlusion=rng.integers(0, 2, 20), tracks=np.arange(20),
    )  # fmt: skip
    samples = [
        sample("tief/ä b.jpg", truth, video="v", frame=1),
        sample("leer.png", GroundTruth.from_boxes([])),
        sample("offen.png", None),
    ]
    placed = []
    written = writer.write(
        tmp_path / "out", samples, classes, place=lambda record, path: placed.append(path)
    )
    assert placed == [tmp_path / "out" / "images" / s.record.key for s in samples]
    assert (written.images, written.objects) == (3, 20)
    assert dict(written.lost) == {
        "track numbers": 20,
        "places of frames in their videos": 1,
        "images that nobody labelled yet: they will count as labelled and empty": 1,
    }
    found = cvat.read(tmp_path / "out")
    assert found.classes == classes
    back = list(found.samples())
    assert [s.record.key for s in back] == [s.record.key for s in samples]
    for name in ("xyxy", "classes", "ignore", "occlusion"):
        np.testing.assert_array_equal(getattr(back[0].truth, name), getattr(truth, name))
    assert [len(s.truth) for s in back] == [20, 0, 0]


def test_predictions_are_written_where_nobody_labelled(tmp_path: Path) -> None:
    found = Detections(
        np.array([[1, 2, 30, 40]], np.float32), np.array([0.5], np.float32), np.array([0])
    )
    samples = [sample("a.jpg", None), sample("b.jpg", GroundTruth.from_boxes([[1, 2, 3, 4]]))]
    written = writer.write(
        tmp_path / "x.xml", samples, ["car"], predictions={"a.jpg": found, "b.jpg": found}
    )
    assert written.lost["scores of predictions"] == 1
    assert written.lost["predictions on images that have labels"] == 1
    back = list(cvat.read(tmp_path / "x.xml", auto=False).samples())
    assert [s.truth is None for s in back] == [True, False]
    (box,) = boxes(cvat.read(tmp_path / "x.xml"), "a.jpg")
    assert box == [1, 2, 30, 40]


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "annotations.xml").write_text("before")
    bad = [
        (sample("a\x01.jpg", None), ["car"], DataError, "XML has no such characters"),
        (sample("a.jpg", None), ["c\x00r"], DataError, "XML has no such characters"),
        (Sample(ImageRecord("a.jpg", "a.jpg", 0, 0)), ["car"], DataError, "needs its width"),
        (sample("a.jpg", GroundTruth.from_boxes([[1, 2, 3, 4]], [1])), ["car"], ArgumentError,
         "of classes 0 to 0"),
        (sample("a.jpg", GroundTruth.from_boxes([[1, 2, 3, np.nan]])), ["car"], ArgumentError,
         "finite"),
    ]  # fmt: skip
    for one, classes, error, says in bad:
        with pytest.raises(error, match=says):
            writer.write(tmp_path, [one], classes)
    assert (tmp_path / "annotations.xml").read_text() == "before"
