"""What an index knows of a frame."""

from dataclasses import replace
from hashlib import sha256

import pytest

from labelnext.data.pixels import UnusableImageError
from labelnext.data.video import check_frame, scan
from labelnext.types import ImageRecord
from tests.data.video.seq_files import encoded
from tests.data.video.seq_files import write as write_seq
from tests.data.video.videos import picture, write_kind, write_video


def record(path, frame, place=None):
    return ImageRecord("k", str(path), 0, 0, "v", frame, None, 0, place)


def test_contents_depend_on_file_and_number_alone(tmp_path):
    path = write_kind(tmp_path / "a", "closed.mp4", count=20)
    copy = tmp_path / "b.mp4"
    copy.write_bytes(path.read_bytes())
    file = sha256(path.read_bytes()).hexdigest()
    assert check_frame(record(path, 3)) == (sha256(f"{file} 3".encode()).hexdigest(), 64, 48)
    assert check_frame(record(copy, 3)) == check_frame(record(path, 3))
    assert check_frame(record(path, 4))[0] != check_frame(record(path, 3))[0]
    assert check_frame(record(path, 3, scan(path).place(3)))[1:] == (64, 48)


def test_the_size_is_upright(tmp_path):
    path = write_video(tmp_path / "r.mp4", [picture(i) for i in range(3)], rotation=90)
    assert check_frame(record(path, 1))[1:] == (48, 64)


def test_frames_of_a_seq_go_by_their_bytes(tmp_path):
    images = [encoded(picture(i)) for i in range(3)]
    images[2] = images[2][:200]
    path = write_seq(tmp_path / "a.seq", images, width=64, height=48)
    assert check_frame(record(path, 1)) == (sha256(images[1]).hexdigest(), 64, 48)
    with pytest.raises(UnusableImageError):
        check_frame(record(path, 2))


def test_frames_that_are_not_there(tmp_path):
    path = write_kind(tmp_path, "closed.mp4", count=20)
    with pytest.raises(UnusableImageError, match="the video has 20 frames, none numbered 20"):
        check_frame(record(path, 20))
    with pytest.raises(UnusableImageError, match="not where it was"):
        check_frame(record(path, 3, 1))
    for frame in (None, -1):
        with pytest.raises(UnusableImageError, match="no number of a frame"):
            check_frame(replace(record(path, 0), frame=frame))
    with pytest.raises(FileNotFoundError):
        check_frame(record(tmp_path / "none.mp4", 0))
    (tmp_path / "bad.mp4").write_bytes(b"bad")
    with pytest.raises(UnusableImageError, match="cannot be opened as a video"):
        check_frame(record(tmp_path / "bad.mp4", 0))
