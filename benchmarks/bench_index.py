"""How long it takes to index images with their labels, and how much memory.

    python benchmarks/bench_index.py [--images 5000] [--rows 100000] [--labels instances.json]

Wall and CPU seconds, and the growth of the largest resident size. Without `--labels`, small JPEGs
are made. The ratio is to decoding the same files at full size, one after the other, without
hashing them. `--rows` are rows without image files: what the database alone takes.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from labelnext.data import open_source
from labelnext.data.formats import coco
from labelnext.rounds.indexing import index_source
from labelnext.store.index import Index
from labelnext.types import CheckedSample, GroundTruth, ImageRecord, Sample


def timed(name: str, work: Callable[[], Any]) -> float:
    """Run, print wall and CPU seconds and growth of memory, and return the wall seconds."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{name:44} {wall:8.2f} s wall {cpu:8.2f} s CPU {grown:+8.0f} MB")
    return wall


def make(folder: Path, images: int) -> Path:
    """A COCO file with as many JPEGs of 540×432, two objects each."""
    noise = np.random.default_rng(0).integers(0, 255, (27, 34, 3), np.uint8)
    picture = Pillow.fromarray(noise).resize((540, 432), Pillow.Resampling.BICUBIC)
    samples = []
    for i in range(images):
        picture.putpixel((i % 540, i // 540 % 432), (i % 256, 0, 0))
        picture.save(folder / f"{i:07}.jpg", quality=90)
        record = ImageRecord(f"{i:07}.jpg", "", 540, 432, "video", i)
        samples.append(Sample(record, GroundTruth.from_boxes([[9, 9, 49, 99], [80, 9, 99, 60]])))
    coco.write(folder / "labels.json", samples, ["person"])
    return folder / "labels.json"


def bench_files(labels: Path, folder: Path) -> None:
    """Index real files, and the same again."""
    spec = f"coco:{labels}"
    with Index.open(folder / "files.sqlite", create=True) as index:
        timed("labels alone", lambda: list(open_source(spec).samples()))
        first = timed("index: read, hash, decode, store", lambda: _index(index, spec))
        timed("the same again", lambda: _index(index, spec))
        both = (*index.records("pool"), *index.records("test"))
        paths = [record.path for record in both]
    full = timed("decode at full size, one by one", lambda: [_decode(path) for path in paths])
    print(
        f"{len(paths)} images; decoding at full size takes {full / first:.1f}× as long as indexing"
    )


def bench_rows(rows: int, folder: Path) -> None:
    """The database alone."""
    with Index.open(folder / "rows.sqlite", create=True) as index:
        timed(f"add {rows} rows", lambda: index.add("pool", "s", ("person",), _checked(rows)))
        timed("the same again", lambda: index.add("pool", "s", ("person",), _checked(rows)))
        keys = []
        timed("records", lambda: keys.extend(record.key for record in index.records("pool")))
        timed("truth of all", lambda: index.truth(keys))
        timed("digest", lambda: index.digest("pool"))
        timed("counts", index.counts)
        size = index.path.stat().st_size
    print(f"{size / rows:.0f} bytes a row")


def _index(index: Index, spec: str) -> None:
    print("   ", index_source(index, spec, role="pool", hold_out=0.3).summary())


def _decode(path: str) -> None:
    with Pillow.open(path) as image:
        image.load()


def _checked(rows: int) -> Iterator[CheckedSample]:
    truth = GroundTruth.from_boxes([[9, 9, 49, 99], [80, 9, 99, 60]])
    for i in range(rows):
        record = ImageRecord(f"s/frames/{i:07}.jpg", f"/data/{i:07}.jpg", 540, 432, "s/v", i)
        yield CheckedSample(Sample(record, truth), content=f"{i:064x}", size=i, modified_ns=i)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--labels", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "images").mkdir()
        bench_files(given.labels or make(folder / "images", given.images), folder)
        bench_rows(given.rows, folder)


if __name__ == "__main__":
    main()
