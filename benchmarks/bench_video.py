"""How fast videos are read, against PyAV alone.

    python benchmarks/bench_video.py [VIDEO …] [--repeats 5]

In one run, each in turn, `--repeats` times: PyAV's own loop (decode, `to_ndarray` to RGB) with its
default threads (slices of a frame) and with all (frames side by side); `data.video.read_frames`;
and `engine.stream`, which decodes in a thread of its own. Medians of frames a second; and the
median of the ratios to PyAV's loop with its default threads, taken pass by pass, as other work on a
machine comes and goes.
Then a scan with and without shots, and single frames at random. Without videos: vtest.avi of
Debian's opencv-doc where it is there, and a generated H.264 of 1280×720.
"""

import argparse
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np

from labelnext.data import images, open_source
from labelnext.data.video import read_frame, read_frames
from labelnext.data.video.scanning import _decode_all, _scan_quick
from labelnext.engine import decode_ahead
from labelnext.machine import hardware
from labelnext.types import ImageRecord

VTEST = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")


def make(path: Path, frames: int) -> Path:
    """A video of 1280×720 in H.264: a textured picture that moves, with noise."""
    rng = np.random.default_rng(0)
    wide = np.kron(rng.integers(0, 255, (90, 320, 3), np.uint8), np.ones((8, 8, 1), np.uint8))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"bf": "3", "g": "50"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for i in range(frames):
            pixels = wide[:, 3 * i % 1280 :][:, :1280] // 2 + rng.integers(
                0, 9, (720, 1280, 1), np.uint8
            )
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def bare(path: Path, threads: str | None) -> Iterator[np.ndarray]:
    """PyAV alone."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if threads:
            stream.thread_type = threads
        for frame in container.decode(stream):
            yield frame.to_ndarray(format="rgb24")


def streamed(records: list[ImageRecord]) -> Iterator[np.ndarray]:
    """Through the engine."""
    for item in decode_ahead(records, images.read):
        assert item.image is not None
        yield item.image


def rate(work: Callable[[], Iterator[np.ndarray]]) -> tuple[float, float]:
    """Frames a second of one pass, and ms of CPU a frame over all threads."""
    start, cpu = time.perf_counter(), time.process_time()
    count = sum(1 for _ in work())
    return count / (time.perf_counter() - start), (time.process_time() - cpu) / count * 1e3


def bench(path: Path, repeats: int) -> None:
    """Print the figures of one video."""
    records = [s.record for s in open_source(f"video[cuts=false]:{path}").samples()]
    wanted = [(record.frame or 0, record.place) for record in records]
    works: dict[str, Callable[[], Iterator[np.ndarray]]] = {
        "PyAV, its default threads": lambda: bare(path, None),
        "PyAV, all threads": lambda: bare(path, "AUTO"),
        "read_frames": lambda: (found for found in read_frames(path, wanted)),  # type: ignore[misc]
        "engine.stream": lambda: streamed(records),
    }
    passes: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            passes[name].append(rate(work))
    print(f"\n{path.name}: {len(records)} frames of {records[0].width}×{records[0].height}")
    same = [wall for wall, _ in passes["PyAV, its default threads"]]
    for name, values in passes.items():
        rates = [wall for wall, _ in values]
        ratio = statistics.median(mine / its for mine, its in zip(rates, same, strict=True))
        cpu = statistics.median(cpu for _, cpu in values)
        print(f"  {name:28} {statistics.median(rates):7.0f} frames/s  ({min(rates):.0f} to "
              f"{max(rates):.0f})  {ratio:.2f}  {cpu:.2f} ms CPU a frame")  # fmt: skip
    for name, scan in (("scan with shots", lambda: _decode_all(path, cuts=True)),
                       ("scan without", lambda: _scan_quick(path))):  # fmt: skip
        start = time.perf_counter()
        scan()
        print(f"  {name:28} {len(records) / (time.perf_counter() - start):7.0f} frames/s")
    chosen = np.random.default_rng(0).permutation(len(wanted))[:60]
    start = time.perf_counter()
    for i in chosen:
        read_frame(path, *wanted[i])
    print(
        f"  {'one frame at random':28} {(time.perf_counter() - start) / len(chosen) * 1e3:7.1f} ms"
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--frames", type=int, default=500, help="of the generated video")
    given = parser.parse_args()
    print(f"{hardware()}; Python {platform.python_version()}, PyAV {av.__version__}, FFmpeg "
          f"{av.ffmpeg_version_info}")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        videos = given.videos
        if not videos:
            videos = [VTEST] if VTEST.exists() else []
            videos.append(make(Path(name) / "generated.mp4", given.frames))
        for path in videos:
            bench(path, given.repeats)


if __name__ == "__main__":
    main()
