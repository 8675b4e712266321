"""Frame tables: times, shots, damage; and what goes without decoding."""

import numpy as np
import pytest

from labelnext.data.video import scan, scanning
from labelnext.data.video.kept import Kept
from labelnext.errors import DataError
from tests.data.video.seq_files import encoded
from tests.data.video.seq_files import write as write_seq
from tests.data.video.videos import KINDS, damage, picture, write_kind, write_video

SHOTS = [(0, 40), (1, 33), (2, 47)]  # pattern and frames of each


def three_shots(size=(64, 48)):
    return [picture(i, shot=shot, size=size) for shot, count in SHOTS for i in range(count)]


def first_of_shots(table):
    return np.flatnonzero(np.diff(table.shots, prepend=-1)).tolist()


@pytest.mark.parametrize("name", ["cuts.mp4", "cuts.avi", "cuts.mkv"])
@pytest.mark.parametrize("size", [(64, 48), (640, 360)])
def test_cuts_of_a_made_video_are_found_at_their_frames(tmp_path, name, size):
    codec = {"cuts.mp4": "libx264", "cuts.avi": "mpeg4", "cuts.mkv": "ffv1"}[name]
    options = {"qmax": "6"} if codec == "mpeg4" else {}  # its default is too coarse for 640×360
    path = write_video(tmp_path / name, three_shots(size), codec=codec, options=options)
    table = scan(path)
    assert first_of_shots(table) == [0, 40, 73]
    assert table.shots.tolist() == [0] * 40 + [1] * 33 + [2] * 47
    assert first_of_shots(scan(path, cuts=False)) == [0]  # not what was found before


def test_motion_without_a_cut_is_one_shot(tmp_path):
    path = write_video(tmp_path / "a.mp4", [picture(i) for i in range(120)])
    assert first_of_shots(scan(path)) == [0]


def test_a_seq_has_shots_too(tmp_path):
    images = [encoded(pixels) for pixels in three_shots()]
    images[60] = images[60][: len(images[60]) // 2]  # half a JPEG
    path = write_seq(tmp_path / "V000.seq", images, width=64, height=48)
    table = scan(path)
    assert first_of_shots(table) == [0, 40, 73]
    assert np.flatnonzero(~table.usable).tolist() == [60]
    assert any("1 frames cannot be decoded, the first of them 60" in note for note in table.notes)
    assert first_of_shots(scan(path, cuts=False)) == [0]


@pytest.mark.parametrize("name", KINDS)
def test_the_files_own_table_says_what_decoding_says(tmp_path, name):
    path = write_kind(tmp_path, name)
    quick, whole = scan(path, cuts=False), scan(path)
    assert quick.decoded == (not KINDS[name][2])  # without usable times it is decoded all the same
    assert whole.decoded
    assert len(quick) == len(whole) == 60
    np.testing.assert_array_equal(quick.sizes, whole.sizes)
    np.testing.assert_array_equal(quick.seconds, whole.seconds)
    np.testing.assert_allclose(whole.seconds, np.arange(60) / 25, atol=1e-3)
    assert (quick.places is None) == (whole.places is None)
    if whole.places is not None:
        np.testing.assert_array_equal(quick.places, whole.places)


def test_times_count_from_the_first_frame_wherever_the_stream_begins(tmp_path):
    times = [5000 + 40 * i for i in range(20)]
    path = write_video(tmp_path / "late.mkv", [picture(i) for i in range(20)], times=times)
    table = scan(path)
    assert table.place(0) == 5000
    np.testing.assert_allclose(table.seconds, np.arange(20) * 0.04, atol=1e-3)


def test_a_recording_that_begins_between_keyframes(tmp_path):
    whole = write_kind(tmp_path, "open.ts")
    data = whole.read_bytes()
    path = tmp_path / "cut.ts"
    path.write_bytes(data[: 188 * 3] + data[188 * 12 :])  # tables, then from some packet on
    table, quick = scan(path), scan(path, cuts=False)
    assert 0 < len(table) < 60
    first = np.searchsorted(table.places, quick.places[0])
    np.testing.assert_array_equal(table.places[first:], quick.places)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_truncated_avi_is_read_as_far_as_it_goes(tmp_path, share):
    pictures = [picture(i, size=(320, 240)) for i in range(300)]
    whole = write_video(tmp_path / "whole.avi", pictures, codec="mpeg4")
    data = whole.read_bytes()
    path = tmp_path / "short.avi"
    path.write_bytes(data[: int(share * len(data))])
    table = scan(path)
    assert 300 * (share - 0.2) < len(table) < 300 * (share + 0.1)
    assert any(note.endswith("of the 11.960 s that it announces") for note in table.notes)
    assert scan(whole).notes == ()


def test_lost_and_damaged_frames_are_named(tmp_path):
    whole = write_kind(tmp_path, "closed.mp4", count=120)
    path = damage(whole, tmp_path / "damaged.mp4", seed=5, bytes_=40, keep=3000)
    table = scan(path)
    text = " ".join(table.notes)
    assert "cannot be decoded" in text or "damaged and left out" in text
    lost = 120 - len(table)
    if lost:
        assert f"{lost} frame" in text
    assert (~table.usable).sum() + lost > 0


def test_mutated_videos_give_frames_or_an_error_and_nothing_else(tmp_path):
    wholes = [
        write_kind(tmp_path, name, count=30) for name in ("closed.mp4", "simple.avi", "open.mkv")
    ]
    outcomes = {"table": 0, "error": 0}
    for seed in range(120):
        whole = wholes[seed % 3]
        path = damage(whole, tmp_path / f"m{whole.suffix}", seed=seed, bytes_=1 + seed % 40, keep=1)
        if seed % 4 == 0:
            path.write_bytes(path.read_bytes()[: 100 + 37 * seed])
        try:
            table, message = scanning._decode_all(path, cuts=True), path.name
        except DataError as error:
            table, message = None, str(error)
        outcomes["error" if table is None else "table"] += 1
        assert path.name in message
        assert table is None or 0 < len(table) <= 400
    assert min(outcomes.values()) > 10


def test_results_are_kept_until_the_file_changes(tmp_path):
    made = []
    kept = Kept(lambda path: made.append(path) or len(made), 2)
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_text("x")
    assert [kept.get(paths[0]), kept.get(paths[0]), kept.peek(paths[0])] == [1, 1, 1]
    paths[0].write_text("xyz")
    assert kept.peek(paths[0]) is None
    assert kept.get(paths[0]) == 2
    assert [kept.get(paths[1]), kept.get(paths[2])] == [3, 4]
    assert kept.peek(paths[0]) is None  # the oldest went
