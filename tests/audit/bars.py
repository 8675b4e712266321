"""A little world for fast replays: drawn bars in many colours, and a detector that learns them.

The detector is a real one: it knows how often it has seen each colour on an object and beside
one, so it finds only bars of colours that it has been shown. It needs numpy and scipy alone; a
cycle takes a few hundredths of a second.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow
from safetensors.numpy import load_file, save_file
from scipy import ndimage

from labelnext import plugins
from labelnext.evidence import Evidence, Needs, Scored
from labelnext.protocols import quiet
from labelnext.select import top
from labelnext.types import DenseMaps, Detections, MapLevel, Pick, Prediction, Selection

SIDE, CELL, LEVELS = 48, 4, 4
_COLOURS = LEVELS**3


class Bars:
    """Counts of colours on objects and beside them; boxes are connected cells of object colours."""

    def __init__(self, classes: Sequence[str], on: np.ndarray, beside: np.ndarray) -> None:
        self.classes, self.on, self.beside = tuple(classes), on, beside

    @classmethod
    def create(cls, classes: Sequence[str], *, seed: int, **arguments: Any) -> "Bars":
        if arguments:
            raise TypeError(f"bars takes no {', '.join(arguments)}")
        return cls(classes, np.zeros(_COLOURS), np.zeros(_COLOURS))

    @classmethod
    def load(cls, path: Path) -> "Bars":
        tensors = load_file(path)
        return cls(("person",), tensors["on"], tensors["beside"])

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({"on": self.on, "beside": self.beside}, path)

    def fingerprint(self) -> str:
        return blake2b(self.on.tobytes() + self.beside.tobytes(), digest_size=8).hexdigest()

    def fit(self, examples, *, seed, workdir=None, progress=quiet, epochs=1):  # type: ignore[no-untyped-def]
        on, beside = self.on.copy(), self.beside.copy()
        for done, example in enumerate(examples, start=1):
            colours = _colours(example.load())
            inside = np.zeros(colours.shape, bool)
            for x1, y1, x2, y2 in np.rint(example.truth.xyxy / CELL).astype(int):
                inside[y1:y2, x1:x2] = True
            on += np.bincount(colours[inside], minlength=_COLOURS)
            beside += np.bincount(colours[~inside], minlength=_COLOURS)
            progress("train", done, len(examples))
        return Bars(self.classes, on, beside)

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        share = (self.on + 0.1) / (self.on + self.beside + 1)
        return [self._one(share[_colours(image)], image.shape[:2]) for image in images]

    def _one(self, p: np.ndarray, size: tuple[int, int]) -> Prediction:
        pieces, _ = ndimage.label(p > 0.3)
        boxes, scores = [], []
        for number, (rows, columns) in enumerate(ndimage.find_objects(pieces), start=1):
            boxes.append([columns.start, rows.start, columns.stop, rows.stop])
            scores.append(p[rows, columns][pieces[rows, columns] == number].mean())
        order = np.argsort(-np.array(scores), kind="stable")
        found = Detections(
            (np.array(boxes, np.float32).reshape(-1, 4) * CELL)[order],
            np.array(scores, np.float32)[order],
            np.zeros(len(boxes), np.int64),
        )
        logits = np.log(p / (1 - p)).astype(np.float32)[None]
        return Prediction(DenseMaps((MapLevel(logits, CELL),), size), found)


class Coin:
    """Random under another name, with draws of its own."""

    name, needs = "coin", Needs()

    def __init__(self, *, preset: str = "corrected", salt: int = 0) -> None:
        self.arguments = {"salt": salt}

    def pixel_scores(self, evidence: Evidence) -> None:
        return None

    def score(self, evidence: Evidence) -> Scored:
        raise AssertionError("it needs nothing, so it is not asked")

    def select(self, pool, *, budget, blocked, rng):  # type: ignore[no-untyped-def]
        own = np.random.default_rng([int(rng.integers(2**62)), int(self.arguments["salt"])])
        return _best(own.random(len(pool)), budget, blocked, "tossed a coin")


class Seer:
    """Sees the truth: the images with the most objects first."""

    name, needs, arguments = "seer", Needs(pixels=True), {}
    objects: dict[bytes, int] = {}  # noqa: RUF012 (filled by `world`)

    def __init__(self, *, preset: str = "corrected") -> None:
        pass

    def pixel_scores(self, evidence: Evidence) -> None:
        return None

    def score(self, evidence: Evidence) -> Scored:
        assert evidence.image is not None
        return Scored(float(self.objects[_digest(evidence.image)]))

    def select(self, pool, *, budget, blocked, rng):  # type: ignore[no-untyped-def]
        return _best(pool.scores, budget, blocked, "has the most objects")


class Refuses(Coin):
    """A strategy that finds, when it is asked to choose, that it cannot."""

    name = "refuses"

    def select(self, pool, *, budget, blocked, rng):  # type: ignore[no-untyped-def]
        raise RuntimeError("this detector has no features")


@contextmanager
def installed() -> Iterator[None]:
    """The detector and the strategies known by name, in this process, for the block."""
    own = {"detectors": {"bars": Bars},
           "strategies": {"coin": Coin, "seer": Seer, "refuses": Refuses}}  # fmt: skip
    before = plugins._points

    def points(group: str) -> tuple[EntryPoint, ...]:
        more = own.get(group, {})
        added = (EntryPoint(name, f"{__name__}:{made.__name__}", f"labelnext.{group}")
                 for name, made in more.items())  # fmt: skip
        return (*before(group), *added)

    plugins._points = points  # type: ignore[assignment]
    try:
        yield
    finally:
        plugins._points = before


def draw(
    folder: Path, count: int, *, seed: int, objects: Sequence[float] = (0.75, 0.1, 0.05, 0.1)
) -> Path:
    """Draw images with bars of random colours; `objects` are the chances of 0, 1, … of them.

    Returns:
        Their COCO labels.
    """
    rng = np.random.default_rng([seed, count])
    folder.mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for i in range(count):
        pixels = np.repeat(rng.integers(0, 256, (SIDE, SIDE, 1), np.uint8) // 2 + 64, 3, axis=2)
        columns = rng.permutation(SIDE // 12)[: rng.choice(len(objects), p=objects)]
        for column in columns.tolist():
            x, height = 12 * column, 4 * int(rng.integers(4, 9))
            y = 4 * int(rng.integers(0, (SIDE - height) // 4 + 1))
            pixels[y : y + height, x : x + 8] = rng.integers(0, LEVELS, 3) * 64 + 32
            annotations.append(
                {"id": len(annotations) + 1, "image_id": i + 1, "category_id": 1,
                 "bbox": [x, y, 8, height], "area": 8 * height, "iscrowd": 0}
            )  # fmt: skip
        name = f"{i:04d}.png"
        Pillow.fromarray(pixels.astype(np.uint8)).save(folder / name)
        images.append({"id": i + 1, "file_name": name, "width": SIDE, "height": SIDE})
        Seer.objects[_digest(pixels.astype(np.uint8))] = len(columns)
    document = {
        "images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]
    }  # fmt: skip
    path = folder / "instances.json"
    path.write_text(json.dumps(document))
    return path


def sources(
    base: Path, *, initial: int = 4, pool: int = 60, test: int = 24
) -> dict[str, list[str]]:
    """The three parts of a data set, drawn; test images all have bars."""
    full = (0.0, 0.3, 0.4, 0.3)
    return {
        "initial": [f"coco:{draw(base / 'initial', initial, seed=1, objects=full)}"],
        "pool": [f"coco:{draw(base / 'pool', pool, seed=2)}"],
        "test": [f"coco:{draw(base / 'test', test, seed=3, objects=full)}"],
    }


def _colours(image: np.ndarray) -> np.ndarray:
    """The quantised mean colour of each cell."""
    h, w = image.shape[0] // CELL, image.shape[1] // CELL
    cells = image[: h * CELL, : w * CELL].reshape(h, CELL, w, CELL, 3).mean((1, 3))
    steps = (cells * LEVELS / 256).astype(np.int64)
    return steps @ np.array([LEVELS**2, LEVELS, 1])


def _digest(image: np.ndarray) -> bytes:
    return blake2b(np.ascontiguousarray(image).tobytes(), digest_size=8).digest()


def _best(ranked: np.ndarray, budget: int, blocked: np.ndarray, reason: str) -> Selection:
    indices = top(ranked, budget=budget, blocked=blocked)
    picks = tuple(Pick(int(i), float(ranked[i]), k, reason) for k, i in enumerate(indices, start=1))
    later = blocked.copy()
    later[indices] = True
    return Selection(picks, later)
