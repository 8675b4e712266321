"""How long it takes to read, index, count and split images with their labels, in how much memory.

    python benchmarks/bench_index.py [--images 5000] [--boxes 7] [--rows 100000] [--labels FILE]
        [--parts files coco rows]

Three parts, each in a process of its own, so that its peak of resident memory is its own:

- `files`: `--images` JPEGs of 540×432 (all with different bytes) and a COCO file with `--boxes`
  boxes each are made, or `--labels` is taken; they are read, hashed, decoded and indexed, and the
  same again. The ratio is to decoding the same files at full size, one after the other.
- `coco`: a COCO file of `--rows` images without files, two boxes each, is read.
- `rows`: as many rows go into an index; it is counted, listed, digested and split.

Wall seconds, CPU seconds (user and system, all threads), and the peak so far in MB. On a machine
that has other work, CPU seconds are what compares.
"""

import argparse
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

WIDTH, HEIGHT = 540, 432
KINDS = 64
PARTS = ("files", "coco", "rows")


def timed(name: str, work: Callable[[], Any]) -> tuple[Any, float]:
    """Run and print; the result, and the CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"  {name:42} {wall:8.2f} s wall {cpu:8.2f} s CPU {peak():7.0f} MB", flush=True)
    return result, cpu


def peak() -> float:
    """Largest resident size of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # unlike getrusage, not that of the process it was started from
        line = next(line for line in status.read_text().splitlines() if "VmHWM" in line)
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def pictures() -> list[bytes]:
    """Some JPEGs of about 42 KB, as a camera at a street makes them of this size."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(KINDS):
        coarse = rng.integers(0, 255, (27, 34, 3), np.uint8)
        picture = Pillow.fromarray(coarse).resize((WIDTH, HEIGHT), Pillow.Resampling.BICUBIC)
        noisy = np.asarray(picture, np.int16) + rng.integers(-3, 4, (HEIGHT, WIDTH, 1))
        file = BytesIO()
        Pillow.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=85)
        found.append(file.getvalue())
    return found


def make(folder: Path, images: int, boxes: int, files: bool) -> Path:
    """A COCO file, and the JPEGs that it names: one comment behind the header tells them apart."""
    from labelnext.data.formats import coco
    from labelnext.types import GroundTruth, ImageRecord, Sample

    kinds = pictures() if files else []
    rng = random.Random(0)

    def samples() -> Iterator[Sample]:
        for i in range(images):
            if files:
                data, comment = kinds[i % KINDS], f"{i:010}".encode()
                head = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
                (folder / f"{i:07}.jpg").write_bytes(data[:2] + head + data[2:])
            record = ImageRecord(f"{i:07}.jpg", "", WIDTH, HEIGHT, f"video {i // 5000}", i % 5000)
            corners = [(rng.randrange(400), rng.randrange(300)) for _ in range(boxes)]
            truth = [[x, y, x + rng.randrange(4, 90), y + rng.randrange(4, 90)] for x, y in corners]
            yield Sample(record, GroundTruth.from_boxes(truth))

    coco.write(folder / "labels.json", samples(), ["person"])
    return folder / "labels.json"


def files(folder: Path, labels: Path) -> None:
    """Index real files, and the same again."""
    from labelnext.data import open_source
    from labelnext.rounds.sources.indexing import index_source
    from labelnext.store.index import Index

    spec = f"coco:{labels}"
    print(f"files: {peak():.0f} MB to begin with")
    timed("labels alone", lambda: sum(1 for _ in open_source(spec).samples()))
    with Index.open(folder / "files.sqlite", create=True) as index:

        def run() -> Any:
            return index_source(index, spec, role="pool")

        report, cpu = timed("index: read, hash, decode, store", run)
        print(f"  {report.summary()}; {report.objects} boxes")
        timed("the same again", run)
        timed("digest", lambda: index.digest("pool"))
        paths = [record.path for record in index.records("pool")]
    some = paths[:: max(1, len(paths) // 2000)]
    _, full = timed(f"decode {len(some)} at full size", lambda: [_decode(path) for path in some])
    share = full / len(some) * len(paths) / cpu
    print(f"  decoding all at full size takes {share:.2f} times the CPU of indexing them")


def read_coco(folder: Path, rows: int) -> None:
    """The reader alone, on a file of many images."""
    from labelnext.data.formats import coco

    labels = folder / "labels.json"
    megabytes = labels.stat().st_size / 2**20
    print(f"coco: {rows} images in {megabytes:.0f} MB of JSON; {peak():.0f} MB to begin with")
    found, _ = timed("read, check and set aside", lambda: coco.read(labels))
    timed("all samples", lambda: sum(len(sample.truth or ()) for sample in found.samples()))


def index_rows(folder: Path, rows: int) -> None:
    """The database alone, and the split."""
    from labelnext.rounds.sources.hold_out import last_part
    from labelnext.store.index import Index

    print(f"rows: {rows} with two boxes each; {peak():.0f} MB to begin with")
    with Index.open(folder / "rows.sqlite", create=True) as index:
        held, _ = timed(
            "split: the last 30 % of every video",
            lambda: last_part((one.sample.record for one in _checked(rows)), 0.3),
        )

        def add() -> Any:
            return index.add("pool", "s", ("person",), _checked(rows), held_out=held)

        timed("add", add)
        timed("the same again", add)
        timed("counts", index.counts)
        timed("digest", lambda: index.digest("pool"))
        records, _ = timed("records", lambda: index.records("pool"))
        timed("truth of 10,000", lambda: index.truth([one.key for one in records[:10_000]]))
        size = index.path.stat().st_size
    print(f"  {size / rows:.0f} bytes a row")


def _decode(path: str) -> None:
    with Pillow.open(path) as image:
        image.load()


def _checked(rows: int) -> Iterator[Any]:
    from labelnext.types import CheckedSample, GroundTruth, ImageRecord, Sample

    truth = GroundTruth.from_boxes([[9, 9, 49, 99], [80, 9, 99, 60]])
    for i in range(rows):
        name = f"{i:07}.jpg"
        record = ImageRecord(
            f"s/frames/{name}", f"/data/{name}", WIDTH, HEIGHT, f"s/{i // 5000}", i % 5000
        )
        content = sha256(name.encode()).hexdigest()  # in no order, as those of files are
        yield CheckedSample(Sample(record, truth), content=content, size=i, modified_ns=i)


def alone(work: Callable[..., Any], *arguments: object) -> None:
    """Run in a process of its own."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--boxes", type=int, default=7)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("files", "coco"):
            (folder / part).mkdir()
        if "files" in given.parts:
            labels = given.labels or folder / "files" / "labels.json"
            if given.labels is None:
                alone(make, folder / "files", given.images, given.boxes, True)
            alone(files, folder, labels)
        if "coco" in given.parts:
            alone(make, folder / "coco", given.rows, 2, False)
            alone(read_coco, folder / "coco", given.rows)
        if "rows" in given.parts:
            alone(index_rows, folder, given.rows)


if __name__ == "__main__":
    main()
