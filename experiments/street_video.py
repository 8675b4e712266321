"""Encode a folder of numbered frames as an H.264 video: `street_video.py FRAMES OUT.mp4 [FPS]`.

For docs/results/street-video.md: the frames of sf_street become what a user has, one video file.
"""

import argparse
from fractions import Fraction
from pathlib import Path

import av

from labelnext.data.pixels import read_image


def encode(frames: Path, out: Path, rate: Fraction) -> int:
    """Encode the images of a folder in the order of their names; returns how many."""
    paths = sorted(path for path in frames.iterdir() if path.suffix.lower() in {".jpg", ".png"})
    out.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "18", "g": "50"})
        stream.height, stream.width = read_image(paths[0]).shape[:2]
        stream.pix_fmt = "yuv420p"
        for path in paths:
            frame = av.VideoFrame.from_ndarray(read_image(path), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return len(paths)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("frames", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("fps", type=Fraction, nargs="?", default=Fraction(15))
    given = parser.parse_args()
    print(f"{encode(given.frames, given.out, given.fps)} frames in {given.out}")
