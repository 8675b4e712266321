"""What scoring a pool takes beyond running the network over images that are decoded already.

    python benchmarks/bench_pipeline.py [--width 1] [--images 60] [--size 480 640] [--threads 2]

In one run, each in turn, `--repeats` times: the network alone over batches of decoded images; the
detector's `predict` (boxes, maps and embedding too); and `engine.score` with local divergence over
a folder of JPEG files and over an H.264 video, shards written. Medians of images a second, and
medians of the ratios to the network alone, pass by pass.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from labelnext import engine
from labelnext.data import images, open_source
from labelnext.machine import hardware
from labelnext.store.shards import ScoreShards
from labelnext.strategies import paper
from labelnext.types import ImageRecord

torch = pytest.importorskip("torch", reason="the network needs torch")
from labelnext.detectors.fire_fpn import FireFPN  # noqa: E402
from labelnext.detectors.fire_fpn.pixels import to_input  # noqa: E402

BATCH = 8


def pictures(count: int, size: tuple[int, int]) -> list[np.ndarray]:
    """Textured pictures that move, with noise, as a JPEG or a video holds them."""
    rng = np.random.default_rng(0)
    height, width = size
    wide = np.kron(
        rng.integers(0, 255, (height // 8 + 1, width // 4 + 1, 3), np.uint8),
        np.ones((8, 8, 1), np.uint8),
    )
    return [
        wide[:height, 3 * i % width :][:, :width] // 2
        + rng.integers(0, 9, (height, width, 1), np.uint8)
        for i in range(count)
    ]


def folder_of(shown: list[np.ndarray], place: Path) -> list[ImageRecord]:
    """The pictures as JPEG files, and their records."""
    place.mkdir()
    for i, picture in enumerate(shown):
        Image.fromarray(picture).save(place / f"{i:05d}.jpg", quality=92)
    return [sample.record for sample in open_source(f"images:{place}").samples()]


def video_of(shown: list[np.ndarray], path: Path) -> list[ImageRecord]:
    """The pictures as a video, and the records of its frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width = shown[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in shown:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return [sample.record for sample in open_source(f"video[cuts=false]:{path}").samples()]


def network_alone(detector: FireFPN, shown: list[np.ndarray]) -> None:
    """The network and its logits, one image at a time on a processor, in batches on a GPU."""
    network, device = detector._network, detector._device
    step = 1 if device.type == "cpu" else BATCH
    with torch.no_grad():
        for start in range(0, len(shown), step):
            seen = network.features(to_input(shown[start : start + step], device))
            for level in network.logits(seen.decoder):
                level.cpu()


def score(detector: FireFPN, records: list[ImageRecord]) -> None:
    """The pipeline, into shards that are thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        scorer = engine.Scorer(
            detector, paper.divergence(), images.read, lambda key: np.random.default_rng(0),
            batch_size=BATCH,
        )  # fmt: skip
        engine.score(records, scorer, ScoreShards(Path(folder), ""))


def main() -> None:
    """Print rates and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--size", type=int, nargs=2, default=(480, 640))
    parser.add_argument("--threads", type=int, default=0, help="of torch; 0 leaves its default")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    detector = FireFPN.create(["person"], seed=0, width=given.width, threshold=0.3)
    shown = pictures(given.images, tuple(given.size))
    with tempfile.TemporaryDirectory() as place:
        files = folder_of(shown, Path(place) / "jpeg")
        frames = video_of(shown, Path(place) / "video.mp4")
        calls: dict[str, Callable[[], None]] = {
            "the network alone": lambda: network_alone(detector, shown),
            "predict": lambda: [detector.predict([x]) for x in shown] and None,
            "score a folder": lambda: score(detector, files),
            "score a video": lambda: score(detector, frames),
        }
        took: dict[str, list[float]] = {name: [] for name in calls}
        for call in calls.values():
            call()  # warms up
        for _ in range(given.repeats):
            for name, call in calls.items():
                start = time.perf_counter()
                call()
                took[name].append(time.perf_counter() - start)
    print(f"{hardware()}; {torch.get_num_threads()} threads")
    print(f"width {given.width:g}, {given.size[0]}x{given.size[1]}, {given.images} images")
    bare = took["the network alone"]
    for name, seconds in took.items():
        ratio = statistics.median(b / s for b, s in zip(bare, seconds, strict=True))
        print(f"{given.images / statistics.median(seconds):8.2f}/s {ratio:7.1%}  {name}")


if __name__ == "__main__":
    main()
