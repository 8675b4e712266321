"""A source becomes rows of the index: checked, named, split, and none of it twice."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import fsspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from labelnext.data import check
from labelnext.data.images import read
from labelnext.data.pixels import read_image
from labelnext.errors import ArgumentError, DataError, LabelnextError, ProjectError
from labelnext.rounds.sources.hold_out import last_part
from labelnext.rounds.sources.indexing import index_source
from labelnext.store.import_report import Note
from labelnext.store.index import Index
from labelnext.types import ImageRecord
from tests.reference import last_part as reference


@pytest.fixture
def index(tmp_path: Path):
    with Index.open(tmp_path / "index.sqlite", create=True) as opened:
        yield opened


def picture(path: Path, seed: int = 0, size: tuple[int, int] = (60, 40)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Pillow.fromarray(noise).save(path)
    return path


def coco(folder: Path, images: int, *, video: str | None = None, boxes: object = None) -> Path:
    """A COCO file with as many small pictures, one person each (or the boxes given)."""
    content: dict[str, list] = {"images": [], "annotations": []}
    content["categories"] = [{"id": 1, "name": "person"}, {"id": 2, "name": "car"}]
    for i in range(images):
        picture(folder / f"{i:03}.jpg", i)
        image = {"id": i, "file_name": f"{i:03}.jpg", "width": 60, "height": 40}
        content["images"].append(
            image if video is None else {**image, "video": video, "frame": i * 25}
        )
        for box in boxes or [[1, 2, 10 + i, 20]]:
            annotation = {"image_id": i, "category_id": 1, "bbox": box}
            content["annotations"].append({"id": len(content["annotations"]), **annotation})
    (folder / "labels.json").write_text(json.dumps(content))
    return folder / "labels.json"


def test_names_carry_the_source(index: Index, tmp_path: Path) -> None:
    path = coco(tmp_path / "shop", 3, video="door")
    seen: list[tuple] = []
    report = index_source(
        index, f"coco:{path}", role="pool", progress=lambda *step, **_: seen.append(step)
    )
    assert report.summary() == "shop (pool): 3 added, 0 present, 0 missing, 0 broken"
    first, *_ = index.records("pool")
    assert first == ImageRecord(
        "shop/000.jpg", str(tmp_path / "shop" / "000.jpg"), 60, 40, "shop/door", 0
    )
    assert read_image(Path(first.path)).shape == (40, 60, 3)
    assert seen[-1] == ("index", 3, 3)
    assert index.classes == ("person", "car")


def test_the_same_name_of_two_folders(index: Index, tmp_path: Path) -> None:
    for place in ("a", "b"):
        report = index_source(index, str(coco(tmp_path / place / "shop", 2)), role="pool")
        assert report.added == 2
    assert [record.key for record in index.records("pool")] == [
        "shop-2/000.jpg", "shop-2/001.jpg", "shop/000.jpg", "shop/001.jpg",
    ]  # fmt: skip
    assert len(report.duplicates) == 2
    again = index_source(index, str(tmp_path / "a" / "shop" / "labels.json"), role="pool")
    assert (again.source, again.present) == ("shop", 2)


def test_stills_that_may_be_frames_are_hinted_at(index: Index, tmp_path: Path) -> None:
    path = coco(tmp_path / "drive", 50)
    (hint,) = index_source(index, f"coco:{path}", role="pool").notes
    assert hint.startswith("50 images are numbered in a row and taken for stills. If they are ")
    assert "coco[sequence=true]:labels.json" in hint
    few = coco(tmp_path / "few", 49)
    assert index_source(index, f"coco:{few}", role="pool").notes == ()
    assert index_source(index, f"coco[sequence=true]:{path}", role="pool").notes == ()
    again = coco(tmp_path / "first", 50)
    assert index_source(index, f"coco:{again}", role="initial").notes == ()


def test_numbered_images_are_frames_where_the_source_says_so(index: Index, tmp_path: Path) -> None:
    path = coco(tmp_path / "drive", 4)
    index_source(index, f"coco[sequence=true,fps=2]:{path}", role="pool")
    found = index.records("pool")
    assert [(r.video, r.frame, r.seconds) for r in found] == [
        ("drive/#", i, i / 2) for i in range(4)
    ]


def test_bad_images_are_recorded_and_stop_nothing(index: Index, tmp_path: Path) -> None:
    path = coco(tmp_path / "shop", 6)
    data = (tmp_path / "shop" / "001.jpg").read_bytes()
    (tmp_path / "shop" / "001.jpg").write_bytes(data[: len(data) // 2])
    (tmp_path / "shop" / "002.jpg").write_bytes(b"")
    (tmp_path / "shop" / "003.jpg").write_text("no image")
    (tmp_path / "shop" / "004.jpg").unlink()
    picture(tmp_path / "shop" / "005.jpg", size=(61, 40))
    report = index_source(index, str(path), role="pool")
    assert report.added == 1
    assert [note.key for note in report.missing] == ["shop/004.jpg"]
    assert [note.key for note in report.broken] == [f"shop/00{i}.jpg" for i in (1, 2, 3, 5)]
    reasons = [note.text for note in report.broken]
    assert "truncated" in reasons[0]
    assert "empty" in reasons[1]
    assert "not one of the formats" in reasons[2]
    assert "labels are for 60 x 40 px" in reasons[3]
    assert [record.key for record in index.records("pool")] == ["shop/000.jpg"]
    assert len(index.broken()) == 5
    # Mended, they come in.
    (tmp_path / "shop" / "001.jpg").write_bytes(data)
    assert index_source(index, str(path), role="pool").added == 1


def test_boxes_that_do_not_fit(index: Index, tmp_path: Path) -> None:
    path = coco(tmp_path / "shop", 1, boxes=[[50, 0, 22, 10], [5, 5, 0, 9], [1, 1, 5, 5]])
    report = index_source(index, str(path), role="pool")
    assert report.problems == (
        Note("shop/000.jpg", "annotation 0: box reaches 12.0 px beyond the right edge; clipped"),
        Note("shop/000.jpg", "annotation 1: box is 0.0 x 9.0 px: no area; dropped"),
    )
    truth = index.truth(["shop/000.jpg"])["shop/000.jpg"]
    assert truth is not None
    assert truth.xyxy.tolist() == [[50, 0, 60, 10], [1, 1, 6, 6]]
    assert len(index.problems("pool")["shop/000.jpg"]) == 2


def test_the_same_again_reads_no_image(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = coco(tmp_path / "shop", 5)
    index_source(index, str(path), role="pool")
    reads: list[bytes] = []
    monkeypatch.setattr(check, "_decode", lambda data: reads.append(data) or (60, 40))
    report = index_source(index, str(path), role="pool")
    assert (report.present, report.added, reads) == (5, 0, [])
    os.utime(tmp_path / "shop" / "002.jpg", ns=(1, 1))
    report = index_source(index, str(path), role="pool")
    assert (report.present, len(reads)) == (5, 1)
    assert index_source(index, str(path), role="pool").present == 5
    assert len(reads) == 1


def test_changed_files_and_labels(index: Index, tmp_path: Path) -> None:
    path = coco(tmp_path / "shop", 4)
    index_source(index, str(path), role="pool")
    picture(tmp_path / "shop" / "000.jpg", 77)
    (tmp_path / "shop" / "001.jpg").write_bytes(b"")
    content = json.loads(path.read_text())
    content["annotations"][2]["bbox"] = [0, 0, 5, 5]
    path.write_text(json.dumps(content))
    digest = index.digest("pool")
    report = index_source(index, str(path), role="pool")
    assert [note.key[-7:] for note in report.changed] == ["000.jpg", "001.jpg", "002.jpg"]
    assert (report.present, index.digest("pool")) == (1, digest)
    report = index_source(index, str(path), role="pool", replace_changed=True)
    assert all(note.text.endswith("replaced") for note in report.changed)
    assert len(index.records("pool")) == 3
    assert index_source(index, str(path), role="pool").changed == ()


def test_classes(index: Index, tmp_path: Path) -> None:
    path = coco(tmp_path / "shop", 2)
    content = json.loads(path.read_text())
    content["annotations"][1]["category_id"] = 2
    path.write_text(json.dumps(content))
    report = index_source(index, str(path), role="pool", classes=["person"])
    assert (report.objects, report.dropped) == (1, {"car": 1})
    assert index.classes == ("person",)
    truth = index.truth(["shop/001.jpg"])["shop/001.jpg"]
    assert truth is not None
    assert len(truth) == 0
    with pytest.raises(ProjectError, match="has classes that the index does not: car"):
        index_source(index, str(path), role="pool")
    merged = {"car": "person", "person": "person"}
    report = index_source(index, str(path), role="pool", classes=merged)
    assert [note.key for note in report.changed] == ["shop/001.jpg"]


def test_folders_are_pools_only(index: Index, tmp_path: Path) -> None:
    picture(tmp_path / "pictures" / "x" / "a.png")
    (tmp_path / "pictures" / "clip.mp4").write_bytes(b"")
    report = index_source(index, f"images:{tmp_path}/pictures", role="pool", classes=["person"])
    assert report.added == 1
    assert str(report.problems[0]).startswith("clip.mp4: a video, left out")
    assert index.records("pool")[0].width == 60
    assert index.truth(["pictures/x/a.png"]) == {"pictures/x/a.png": None}
    for role, hold_out in (("initial", None), ("test", None), ("pool", 0.5)):
        with pytest.raises(DataError, match="has no labels, and images to"):
            index_source(index, f"images:{tmp_path}/pictures", role=role, hold_out=hold_out)


def test_hold_out(index: Index, tmp_path: Path) -> None:
    path = coco(tmp_path / "shop", 10, video="door")
    report = index_source(index, str(path), role="pool", hold_out=0.3)
    assert (report.added, report.held_out) == (10, 3)
    assert [record.frame for record in index.records("test")] == [175, 200, 225]
    report = index_source(index, str(path), role="pool", hold_out=0.3)
    assert (report.present, report.changed, report.held_out) == (10, (), 0)


@pytest.mark.parametrize("hold_out", [0.0, 1.0, -0.1, float("nan")])
def test_hold_out_outside_its_domain(index: Index, hold_out: float) -> None:
    with pytest.raises(ArgumentError, match="'hold_out' argument of index_source"):
        index_source(index, "x", role="pool", hold_out=hold_out)
    with pytest.raises(ArgumentError, match="role='pool'"):
        index_source(index, "x", role="test", hold_out=0.5)


frames = st.lists(
    st.tuples(st.sampled_from([None, "v", "w"]), st.integers(0, 5), st.text("ab", max_size=3)),
    unique_by=lambda frame: frame[2],
    max_size=12,
)


@given(frames, st.floats(0.01, 0.99))
def test_last_part_matches_the_reference(of: list, fraction: float) -> None:
    of = [(video, 0 if video is None else number, key) for video, number, key in of]
    records = [
        ImageRecord(key, key, 1, 1, video, None if video is None else number)
        for video, number, key in of
    ]
    assert last_part(iter(records), fraction) == reference.last_part(of, fraction)


def test_faults_of_the_source_leave_the_index_as_it_was(index: Index, tmp_path: Path) -> None:
    path = coco(tmp_path / "shop", 3)
    content = json.loads(path.read_text())
    content["annotations"][2]["image_id"] = 7777
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"labels\.json, annotation 2: 'image_id' 7777"):
        index_source(index, str(path), role="pool")
    assert index.records("pool") == []
    with pytest.raises(LabelnextError, match="no reader called"):
        index_source(index, "nonsense:x", role="pool")


def test_real_data(index: Index, shared: Path) -> None:
    prw = f"coco:{shared}/data/prw_c6s1/instances.json"
    index_source(index, f"pennfudan:{shared}/data/pennfudan", role="initial", classes=["person"])
    report = index_source(index, prw, role="pool", classes=["person"], hold_out=0.3)
    assert (report.added, report.held_out, report.objects) == (1262, 379, 2733)
    assert (len(report.problems), report.broken, report.missing) == (21, (), ())
    counts = index.counts()
    assert (counts["initial"].images, counts["initial"].objects) == (170, 423)
    assert (counts["pool"].images, counts["test"].images) == (883, 379)
    assert counts["pool"].objects + counts["test"].objects == 2733
    last = max(record.frame or 0 for record in index.records("pool"))
    assert last < min(record.frame or 0 for record in index.records("test"))
    digest = index.digest("pool")
    assert index_source(index, prw, role="pool", classes=["person"], hold_out=0.3).present == 1262
    assert index.digest("pool") == digest


def test_images_at_urls(index: Index, tmp_path: Path) -> None:
    system = fsspec.filesystem("memory")
    system.store.clear()
    for i in range(3):
        system.pipe(f"/bucket/shop/{i}.png", picture(tmp_path / f"{i}.png", i).read_bytes())
    system.pipe("/bucket/shop/bad.png", b"no image")
    report = index_source(index, "memory://bucket/shop", role="pool")
    assert (report.source, report.added, len(report.broken)) == ("shop", 3, 1)
    records = index.records("pool")
    assert [record.path for record in records] == [f"memory:///bucket/shop/{i}.png" for i in "012"]
    assert [record.key for record in records] == [f"shop/{i}.png" for i in "012"]
    assert read(records[1]).shape == (40, 60, 3)
    system.store.pop("/bucket/shop/2.png")
    again = index_source(index, "images:memory://bucket/shop/*.png", role="pool")
    assert (again.present, again.added) == (2, 0)


def test_videos_and_images_of_one_folder(index: Index, tmp_path: Path) -> None:
    picture(tmp_path / "drives" / "still.png")
    with av.open(str(tmp_path / "drives" / "one.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "bgr0"
        for i in range(7):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 30 * i, np.uint8), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    seen: list[tuple[int, int]] = []
    report = index_source(
        index, str(tmp_path / "drives"), role="pool",
        progress=lambda _, done, of, **__: seen.append((done, of)),
    )  # fmt: skip
    assert report.added == 8
    assert seen[-1] == (8, 8)
    frames = [record for record in index.records("pool") if record.video]
    assert [record.frame for record in frames] == list(range(7))
    assert {record.video for record in frames} == {"drives/one.mkv"}
    assert {record.path for record in frames} == {str(tmp_path / "drives" / "one.mkv")}
    assert read(frames[3])[0, 0, 0] == 90
    assert index_source(index, str(tmp_path / "drives"), role="pool").present == 8


IMPORT = """
import sys
from pathlib import Path
from labelnext.rounds.sources.indexing import index_source
from labelnext.store.index import Index
print("ready", flush=True)
with Index.open(Path(sys.argv[1])) as index:
    index_source(index, sys.argv[2], role="pool", hold_out=0.3, workers=1)
"""


def test_killed_while_it_reads(tmp_path: Path) -> None:
    labels = coco(tmp_path / "shop", 40, video="door")
    with Index.open(tmp_path / "whole.sqlite", create=True) as whole:
        index_source(whole, str(labels), role="pool", hold_out=0.3)
        digests = [whole.digest("pool"), whole.digest("test")]
    path = tmp_path / "x" / "index.sqlite"
    Index.open(path, create=True).close()
    for delay in (0.01, 0.03):
        command = [sys.executable, "-c", IMPORT, str(path), str(labels)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(delay)
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        with Index.open(path) as index:
            assert index.counts()["pool"].images in (0, 28)
        assert [child.name for child in path.parent.iterdir()] == ["index.sqlite"]
    with Index.open(path) as index:
        index_source(index, str(labels), role="pool", hold_out=0.3)
        assert [index.digest("pool"), index.digest("test")] == digests
