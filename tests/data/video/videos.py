"""Small videos made by the tests, and what is in them by plain decoding."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

VTEST = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")
OPEN_GOP = {"x264-params": "open-gop=1:keyint=12:bframes=3:b-adapt=0:scenecut=0"}
# name, codec, options, and whether its frames can be found by their time stamps
KINDS: dict[str, tuple[str, dict[str, str], bool]] = {
    "closed.mp4": ("libx264", {"bf": "3", "g": "12"}, True),
    "open.mp4": ("libx264", OPEN_GOP, True),
    "open.mkv": ("libx264", OPEN_GOP, True),
    "open.ts": ("libx264", OPEN_GOP, True),
    "refresh.ts": ("libx264", {"x264-params": "intra-refresh=1:keyint=20"}, True),
    "hevc.mp4": ("libx265", {"x265-params": "keyint=12:log-level=none"}, True),
    "plain.mov": ("libx264", {"bf": "2"}, True),
    "lossless.mkv": ("ffv1", {}, True),
    "vp8.webm": ("libvpx", {"auto-alt-ref": "1", "lag-in-frames": "16", "g": "15"}, True),
    "mpeg2.mpg": ("mpeg2video", {"bf": "2", "g": "12"}, True),
    "simple.avi": ("mpeg4", {"g": "12"}, True),
    "reordered.avi": ("mpeg4", {"bf": "2", "g": "12"}, False),
    "reordered-h264.avi": ("libx264", {"bf": "2", "g": "12"}, False),
    "raw.h264": ("libx264", {"bf": "2", "g": "12"}, False),
    "windows.wmv": ("wmv2", {"g": "12"}, True),
}


def picture(i: int, *, shot: int = 0, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    """A picture that differs from its neighbours: a moving bar over a pattern of its shot."""
    width, height = size
    pattern = np.random.default_rng(shot).integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    pixels = np.kron(pattern, np.ones((8, 8, 1), np.uint8)) // 2
    x = (3 * i) % (width - 8)
    pixels[:, x : x + 8] = 255 - (i % 7) * 20
    pixels[:8, :8] = (i * 5) % 256
    return pixels


def write_video(
    path: Path,
    pictures: Sequence[np.ndarray],
    *,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    times: Sequence[int] | None = None,
    rotation: float | None = None,
    mirrored: bool = False,
) -> Path:
    """Encode pictures at 25 a second, or at `times` in milliseconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=dict(options or {}))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = 1  # encoders with threads give other bytes at times
        if rotation is not None or mirrored:
            stream.set_display_rotation(rotation or 0, hflip=mirrored)
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for i, pixels in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = i if times is None else times[i]
            if times is not None:
                frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_kind(folder: Path, name: str, count: int = 60) -> Path:
    """One of KINDS, with `count` frames."""
    codec, options, _ = KINDS[name]
    return write_video(
        folder / name, [picture(i) for i in range(count)], codec=codec, options=options
    )


def plainly(path: Path) -> list[np.ndarray]:
    """Every frame, decoded by PyAV and nothing else, in order."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def damage(path: Path, target: Path, *, seed: int, bytes_: int, keep: int) -> Path:
    """A copy with some bytes overwritten at random, none of the first and last `keep`."""
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(keep, len(data) - keep, bytes_):
        data[place] = rng.integers(256)
    target.write_bytes(data)
    return target
