"""Frames in sequence and at random: the same, bit for bit, and those that plain decoding gives."""

import threading

import av
import cv2
import numpy as np
import pytest

from labelnext.data.video import read_frame, read_frames, scan
from labelnext.errors import DataError
from tests.data.video.seq_files import encoded
from tests.data.video.seq_files import write as write_seq
from tests.data.video.videos import (
    KINDS,
    VTEST,
    damage,
    picture,
    plainly,
    write_kind,
    write_video,
)  # fmt: skip


def wanted(path, numbers=None):
    table = scan(path)
    return [(i, table.place(i)) for i in (range(len(table)) if numbers is None else numbers)]


def shuffled(count, seed=0):
    return np.random.default_rng(seed).permutation(count).tolist()


@pytest.mark.parametrize("name", KINDS)
def test_sequence_and_random_access_give_what_plain_decoding_gives(tmp_path, name):
    path = write_kind(tmp_path, name)
    expected = plainly(path)
    frames = wanted(path)
    assert len(frames) == len(expected) == 60
    assert all((place is not None) == KINDS[name][2] for _, place in frames)
    for pixels, right in zip(read_frames(path, frames), expected, strict=True):
        np.testing.assert_array_equal(pixels, right)
    for i in shuffled(60):
        np.testing.assert_array_equal(read_frame(path, *frames[i]), expected[i])


def test_variable_frame_rate(tmp_path):
    gaps = np.random.default_rng(3).integers(7, 400, 90)
    times = (np.cumsum(gaps) - gaps[0]).tolist()
    path = write_video(
        tmp_path / "v.mp4", [picture(i) for i in range(90)], times=times,
        options={"bf": "3", "g": "20"},
    )  # fmt: skip
    table = scan(path)
    np.testing.assert_allclose(table.seconds, np.array(times) / 1000, atol=1e-3)
    expected, frames = plainly(path), wanted(path)
    assert len(frames) == 90
    for pixels, right in zip(read_frames(path, frames), expected, strict=True):
        np.testing.assert_array_equal(pixels, right)
    for i in shuffled(90):
        np.testing.assert_array_equal(read_frame(path, *frames[i]), expected[i])


@pytest.mark.parametrize("name", ["open.mp4", "open.mkv", "open.ts", "refresh.ts", "vp8.webm"])
def test_long_gaps_are_jumped_over_to_the_very_frame(tmp_path, name):
    path = write_kind(tmp_path, name, count=420)
    expected = plainly(path)
    numbers = [
        3,
        100,
        101,
        170,
        171,
        172,
        300,
        419,
        5,
        290,
    ]  # jumps of two seconds and more, back too
    for pixels, i in zip(read_frames(path, wanted(path, numbers)), numbers, strict=True):
        np.testing.assert_array_equal(pixels, expected[i])


def test_a_real_video():
    if not VTEST.exists():
        pytest.skip(f"{VTEST} is not there: it comes with Debian's opencv-doc")
    table = scan(VTEST)
    assert (len(table), table.notes) == (795, ())
    assert table.sizes[0].tolist() == [768, 576]
    chosen = shuffled(795)[:60]
    kept = {}
    with av.open(str(VTEST)) as container:
        plain = (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))
        both = zip(plain, read_frames(VTEST, wanted(VTEST)), strict=True)
        for i, (right, pixels) in enumerate(both):
            assert np.array_equal(pixels, right), i
            if i in chosen:
                kept[i] = right
    for i in chosen:
        np.testing.assert_array_equal(read_frame(VTEST, i, table.place(i)), kept[i])


def test_frames_of_a_seq(tmp_path):
    images = [encoded(picture(i)) for i in range(12)]
    path = write_seq(tmp_path / "set00.seq", images, width=64, height=48, fps=30.0)
    frames = wanted(path)
    in_order = list(read_frames(path, frames))
    for i in shuffled(12):
        np.testing.assert_array_equal(read_frame(path, *frames[i]), in_order[i])
        np.testing.assert_array_equal(read_frame(path, i, None), in_order[i])
    assert in_order[0].shape == (48, 64, 3)
    with pytest.raises(DataError, match="frame 12: has 12 frames"):
        read_frame(path, 12, None)


@pytest.mark.parametrize("rotation", [90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_display_matrix_is_applied(tmp_path, rotation, mirrored):
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:24, :32], pixels[:24, 32:], pixels[24:, :32] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    path = write_video(tmp_path / "r.mp4", [pixels] * 5, rotation=rotation, mirrored=mirrored)
    upright = read_frame(path, 3, scan(path).place(3))
    width, height = scan(path).sizes[3].tolist()
    assert upright.shape == (height, width, 3)
    assert (width > height) == (rotation == 180)
    if not mirrored:  # OpenCV turns, but does not mirror
        capture = cv2.VideoCapture(str(path))
        _, bgr = capture.read()
        assert bgr.shape == upright.shape
        assert np.abs(bgr[:, :, ::-1].astype(int) - upright).mean() < 6
    stored = plainly(path)[3]
    turns = {90: 1, 180: 2, 270: 3}[rotation]  # counter-clockwise
    flipped = stored[:, ::-1] if mirrored else stored
    assert any(
        np.array_equal(upright, np.rot90(flipped, k))
        for k in ({turns, -turns} if mirrored else {turns})
    )


def test_frames_that_are_not_there(tmp_path):
    path = write_kind(tmp_path, "closed.mp4", count=30)
    table = scan(path)
    found = list(
        read_frames(path, [(0, table.place(0)), (99, 10**9), (1, table.place(1)), (77, None)])
    )
    assert isinstance(found[1], DataError)
    assert "frame 99: is not there" in str(found[1])
    assert "the video has 30 frames" in str(found[3])
    np.testing.assert_array_equal(found[2], read_frame(path, 1, table.place(1)))
    with pytest.raises(DataError, match=r"closed\.mp4, frame 5"):
        read_frame(path, 5, 7)
    with pytest.raises(FileNotFoundError):
        read_frame(tmp_path / "none.mp4", 0, 0)


def test_a_changed_file_is_read_anew(tmp_path):
    path = write_video(tmp_path / "a.mkv", [picture(i) for i in range(5)], codec="ffv1")
    before = read_frame(path, 2, scan(path).place(2))
    write_video(path, [picture(i, shot=4) for i in range(9)], codec="ffv1")
    assert len(scan(path)) == 9
    after = read_frame(path, 2, scan(path).place(2))
    np.testing.assert_array_equal(after, plainly(path)[2])
    assert not np.array_equal(before, after)


def test_threads_do_not_disturb_each_other(tmp_path):
    paths = [write_kind(tmp_path / str(n), "open.mp4", count=40) for n in range(6)]
    expected = [plainly(path) for path in paths]
    wrong = []

    def work(seed):
        for i in shuffled(40, seed)[:25]:
            n = (i + seed) % 6
            pixels = read_frame(paths[n], i, scan(paths[n]).place(i))
            if not np.array_equal(pixels, expected[n][i]):
                wrong.append((seed, i))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_decoding_goes_on_behind_damage(tmp_path):
    whole = write_kind(tmp_path, "closed.mp4", count=240)
    path = damage(whole, tmp_path / "damaged.mp4", seed=1, bytes_=12, keep=4500)
    table = scan(path)
    assert table.notes
    assert any("cannot be decoded" in note or "damaged" in note for note in table.notes)
    good = [i for i in range(len(table)) if table.usable[i]]
    assert 100 < len(good) < 240
    found = list(read_frames(path, wanted(path, good)))
    assert all(isinstance(pixels, np.ndarray) for pixels in found)
    expected = plainly(whole)
    last = table.seconds[good[-1]]
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[-1], expected[round(last * 25)])
