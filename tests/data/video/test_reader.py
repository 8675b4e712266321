"""The readers `video` and `frames`: keys, sampling, shots, notes; into an index and back."""

import numpy as np
import pytest
from PIL import Image

from labelnext.data import open_source
from labelnext.data.video import scanning
from labelnext.errors import ArgumentError, DataError
from labelnext.rounds.sources.indexing import index_source
from labelnext.store.index import Index
from tests.data.video.seq_files import encoded
from tests.data.video.seq_files import write as write_seq
from tests.data.video.test_scanning import three_shots
from tests.data.video.videos import picture, write_kind, write_video


def samples(spec):
    source = open_source(spec)
    return list(source.samples()), source.dataset


def test_a_folder_of_videos(tmp_path):
    write_kind(tmp_path, "closed.mp4", count=30)
    write_kind(tmp_path / "b", "reordered.avi", count=20)
    write_seq(
        tmp_path / "b" / "x.seq", [encoded(picture(i)) for i in range(4)], width=64, height=48
    )
    found, dataset = samples(f"video:{tmp_path}")
    records = [sample.record for sample in found]
    assert len(found) == len(dataset) == 54
    assert [r.key for r in records] == sorted(r.key for r in records)
    assert records[0].key == "b/reordered.avi/frame_000000"
    assert records[23].key == "b/x.seq/frame_000003"
    assert {r.video for r in records} == {"closed.mp4", "b/reordered.avi", "b/x.seq"}
    assert [r.frame for r in records[24:]] == list(range(30))
    assert [r.seconds for r in records[24:]] == [round(i / 25, 6) for i in range(30)]
    assert all((r.width, r.height) == (64, 48) for r in records)
    assert all(sample.truth is None for sample in found)
    assert [r.place is None for r in records] == [True] * 20 + [False] * 34


def test_globs_lists_and_single_videos(tmp_path):
    for name in ("a1.mp4", "a2.mp4", "b1.mp4"):
        write_video(tmp_path / name, [picture(i) for i in range(6)])
    assert len(samples(f"video[cuts=false]:{tmp_path}/a*.mp4")[0]) == 12
    assert len(samples(f"video[cuts=false]:{tmp_path}/b1.mp4")[0]) == 6
    (tmp_path / "list.txt").write_text("a2.mp4\nb1.mp4\n")
    found, _ = samples(f"video[cuts=false]:{tmp_path}/list.txt")
    assert {s.record.video for s in found} == {"a2.mp4", "b1.mp4"}


def test_every_and_fps(tmp_path):
    write_video(tmp_path / "a.mp4", [picture(i) for i in range(50)])
    frames = lambda spec: [s.record.frame for s in samples(f"video[{spec}]:{tmp_path}")[0]]  # noqa: E731
    assert frames("every=7") == list(range(0, 50, 7))
    assert frames("fps=5") == list(range(0, 50, 5))
    assert frames("fps=100,cuts=false") == list(range(50))
    with pytest.raises(ArgumentError, match="'fps'"):
        frames("fps=5,every=2")


def test_shots_become_segments_and_are_looked_for_once(tmp_path, monkeypatch):
    write_video(tmp_path / "a.mp4", three_shots())
    source = open_source(f"video:{tmp_path}")
    first = list(source.samples())
    assert [s.record.segment for s in first] == [0] * 40 + [1] * 33 + [2] * 47
    monkeypatch.setattr(scanning, "open_video", None)  # a second scan would fail
    assert list(source.samples()) == first
    assert len(first) == len(list(open_source(f"video[every=2]:{tmp_path}").samples())) * 2


def test_a_broken_video_is_a_note(tmp_path):
    write_video(tmp_path / "good.mp4", [picture(i) for i in range(5)])
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    found, dataset = samples(f"video:{tmp_path}")
    assert len(found) == 5
    assert any(note.startswith("bad.mp4: cannot be opened as a video") for note in dataset.notes)
    (tmp_path / "good.mp4").unlink()
    with pytest.raises(DataError, match=r"holds no video that can be used.*bad\.mp4"):
        open_source(f"video:{tmp_path}")
    (tmp_path / "bad.mp4").unlink()
    with pytest.raises(DataError, match="holds no video"):
        open_source(f"video:{tmp_path}")


@pytest.mark.parametrize("cuts", ["true", "false"])
def test_into_an_index(tmp_path, cuts):
    write_video(tmp_path / "v" / "a.mp4", three_shots(), rotation=90)
    write_kind(tmp_path / "v", "reordered.avi", count=20)
    with Index.open(tmp_path / "index.sqlite", create=True) as index:
        report = index_source(index, f"video[cuts={cuts}]:{tmp_path}/v", role="pool")
        assert (report.added, report.broken, report.duplicates) == (140, (), ())
        records = index.records("pool")
        assert [r.segment for r in records[:120:60]] == ([0, 1] if cuts == "true" else [0, 0])
        assert (records[0].width, records[0].height) == (48, 64)
        assert (
            len({stamp.content for stamp in index.stamps([r.key for r in records]).values()}) == 140
        )
        again = index_source(index, f"video[cuts={cuts}]:{tmp_path}/v", role="pool")
        assert (again.added, again.present) == (0, 140)


def jpegs(folder, numbers, name="{:06d}.jpg", shot=0):
    folder.mkdir(parents=True, exist_ok=True)
    for n in numbers:
        Image.fromarray(picture(n, shot=shot)).save(folder / name.format(n), quality=95)


def test_image_sequences(tmp_path):
    jpegs(tmp_path / "cam1", range(100, 120))
    jpegs(tmp_path / "cam2", range(0, 40, 2), "frame{}.png")
    jpegs(tmp_path / "both", range(3), "left_{}.jpg")
    jpegs(tmp_path / "both", range(3), "right_{}.jpg")
    (tmp_path / "cam1" / "cover.jpg").write_bytes((tmp_path / "cam1" / "000100.jpg").read_bytes())
    found, dataset = samples(f"frames[fps=10]:{tmp_path}")
    by_video = {}
    for sample in found:
        by_video.setdefault(sample.record.video, []).append(sample.record)
    assert {video: len(records) for video, records in by_video.items()} == {
        "cam1": 20, "cam2": 20, "both/left_#": 3, "both/right_#": 3,
    }  # fmt: skip
    assert [r.frame for r in by_video["cam2"]] == list(range(0, 40, 2))
    assert by_video["cam2"][-1].key == "cam2/frame38.png"
    assert [r.seconds for r in by_video["cam1"]] == [i / 10 for i in range(20)]
    assert dataset.notes == [
        "cam1/cover.jpg: an image without a usable number in its name, left out"
    ]
    every, _ = samples(f"frames[every=3]:{tmp_path}/cam1")
    assert [s.record.frame for s in every] == list(range(100, 120, 3))
    assert {(s.record.video, s.record.seconds) for s in every} == {(".", None)}


def test_image_sequences_have_shots(tmp_path):
    for i, pixels in enumerate(three_shots()):
        (tmp_path / "a").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "a" / f"{i}.png")
    (tmp_path / "a" / "55.png").write_bytes(b"broken")
    found, _ = samples(f"frames:{tmp_path}")
    assert [s.record.segment for s in found] == [0] * 40 + [1] * 33 + [2] * 47
    assert {s.record.segment for s in samples(f"frames[cuts=false]:{tmp_path}")[0]} == {0}


def test_numbers_that_are_time_stamps_stay_apart(tmp_path):
    start = 1_700_000_000_123_456_789
    jpegs(tmp_path, [start + i * 40 for i in range(5)], "{}.jpg")
    found, _ = samples(f"frames[cuts=false]:{tmp_path}")
    assert [s.record.frame for s in found] == [0, 40, 80, 120, 160]
    assert len(set(np.array([s.record.frame for s in found], np.float64))) == 5


def test_no_numbered_image(tmp_path):
    jpegs(tmp_path, [1], "cover.jpg")
    with pytest.raises(DataError, match="holds no image with a number in its name"):
        open_source(f"frames:{tmp_path}")
