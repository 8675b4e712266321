"""What is let in as a video, and what is not."""

import os

import av
import pytest

from labelnext.data.video import is_video, read_frame, scan
from labelnext.data.video.opening import open_video
from labelnext.errors import DataError
from tests.data.video.videos import picture, write_kind, write_video

PLAYLISTS = {
    "ffconcat": "ffconcat version 1.0\nfile '{}'\n",
    "concat-with-options": "ffconcat version 1.0\nfile 'file:{}'\noption safe 0\n",
    "hls": "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{}\n"
           "#EXT-X-ENDLIST\n",
    "hls-relative": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nsecret.ts\n#EXT-X-ENDLIST\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
            'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4">'
            '<Representation id="1"><BaseURL>file://{}</BaseURL></Representation></AdaptationSet>'
            "</Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".avi", ".mp4", ".ts", ".mkv"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_playlist_under_the_name_of_a_video_reads_no_other_file(tmp_path, kind, suffix):
    secret = write_kind(tmp_path, "open.ts", count=5).rename(tmp_path / "secret.ts")
    before = secret.stat().st_atime_ns
    path = tmp_path / f"innocent{suffix}"
    path.write_text(PLAYLISTS[kind].format(secret))
    with pytest.raises(DataError, match=r"innocent.*cannot be opened as a video"):
        scan(path)
    with pytest.raises(DataError, match="innocent"):
        read_frame(path, 0, None)
    assert secret.stat().st_atime_ns == before


def test_ffmpeg_itself_would_have_followed_a_playlist(tmp_path):
    """The witness that the test above could fail."""
    write_kind(tmp_path, "open.ts", count=5).rename(tmp_path / "secret.ts")
    path = tmp_path / "list.m3u8"
    path.write_text(PLAYLISTS["hls-relative"])
    with av.open(str(path)) as container:
        assert len(list(container.decode(video=0))) == 5


def test_a_name_that_looks_like_a_protocol_is_a_file_all_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_kind(tmp_path, "closed.mp4", count=5)
    odd = tmp_path / "concat:a|b.mp4"
    (tmp_path / "closed.mp4").rename(odd)
    assert len(scan("concat:a|b.mp4")) == 5


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\0" * 5000, "cannot be opened as a video"),
        (b"RIFF\xff\xff\xff\x7fAVI LIST" + b"\xff" * 4000, "cannot be opened|has no pictures"),
        (b"\x00\x00\x00\x18ftypmp42" + os.urandom(4000), "cannot be opened|has no pictures"),
    ],
)
def test_what_is_no_video(tmp_path, content, problem):
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    with pytest.raises(DataError, match=problem):
        scan(path)


def test_a_folder_and_an_absent_file(tmp_path):
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(DataError, match="not a regular file"):
        open_video(tmp_path / "folder.mp4")
    with pytest.raises(FileNotFoundError):
        open_video(tmp_path / "none.mp4")


def test_sound_alone_has_no_pictures(tmp_path):
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame(format="s16", layout="mono", samples=800)
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(DataError, match="has no pictures"):
        scan(path)


def test_too_many_pixels_are_refused(tmp_path, monkeypatch):
    path = write_video(tmp_path / "big.mp4", [picture(0, size=(640, 480))] * 2)
    monkeypatch.setattr("labelnext.data.video.opening.MAX_PIXELS", 640 * 480 - 1)
    with pytest.raises(DataError, match=r"big\.mp4.*(more than 307,199 pixels|cannot be opened)"):
        scan(path)


def test_videos_are_known_by_their_suffix():
    names = ("a.mp4", "b.AVI", "c/d.mkv", "set00.seq", "x.mov", "y.webm")
    assert all(is_video(name) for name in names)
    assert not any(is_video(name) for name in ("a.jpg", "mp4", "a.mp4/frame_1", "a.mp4.png"))
