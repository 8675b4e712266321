"""Studies with numbers made up for the tests, and a parser that reads the page back."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from labelnext.rounds.results import CycleResult, PickedFrame, Study
from labelnext.types import Detections, GroundTruth, Metrics, MissRateCurve

NAN = math.nan


def metrics(miss_rate: float) -> Metrics:
    """A curve that passes the given miss rate at FPPI 1, and figures derived from it."""
    fppi = np.array([0.0, 0.02, 0.1, 1.0, 4.0])
    rates = np.clip(miss_rate * np.array([9.0, 1.6, 1.3, 1.0, 0.8]), 0, 1)
    curve = MissRateCurve(fppi, rates, np.linspace(1, 0, 5))
    return Metrics(
        images=40,
        instances=90,
        miss_rate_at_fppi_1=miss_rate,
        miss_rate_at_fppi_01=min(1.3 * miss_rate, 1.0),
        log_average_miss_rate=min(1.2 * miss_rate, 1.0),
        ap=0.5 * (1 - miss_rate),
        ap50=1 - miss_rate,
        curve=curve,
    )


def result(arm: str, seed: int, cycle: int, miss_rate: float | None, **changes: Any) -> CycleResult:
    """Ten images a cycle, three objects an image, two images in five with objects."""
    made = CycleResult(
        arm=arm,
        seed=seed,
        cycle=cycle,
        images=10 * cycle,
        instances=(30 + seed) * cycle,
        images_with_instances=4 * cycle,
        metrics=None if miss_rate is None else metrics(miss_rate),
        seconds={"score": 2.0, "train": 60.0 * cycle},
        labelling_seconds=50.0 * cycle + 10.0 * (30 + seed) * cycle,
    )
    return dataclasses.replace(made, **changes)


def study(rates: Mapping[str, Sequence[Sequence[float | None]]], **changes: Any) -> Study:
    """`rates[arm][seed − 1][cycle]`, each a miss rate at FPPI 1."""
    results = tuple(
        result(arm, seed, cycle, rate)
        for arm, seeds in rates.items()
        for seed, cycles in enumerate(seeds, 1)
        for cycle, rate in enumerate(cycles)
    )
    made = Study(
        title="A made-up study",
        settings={"budget": 10, "train": {"epochs": 3, "lr": [0.1, 0.01]}, "mirror": None},
        command="labelnext run --cycles 2",
        hardware="2 cores\nPython 3.11",
        classes=("person",),
        results=results,
        pool_images=100,
        pool_instances=250,
    )
    return dataclasses.replace(made, **changes)


def runs(end: float, seeds: int, *, step: float = 0.01, start: float = 0.8) -> list[list[float]]:
    """Seeds whose three cycles fall evenly to about `end`, `step` apart from seed to seed."""
    return [[start, (start + end + step * i) / 2, end + step * i] for i in range(seeds)]


def picture(path: Path, size: tuple[int, int] = (60, 40), seed: int = 0) -> Path:
    """A small image of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def frame(path: Path, **changes: Any) -> PickedFrame:
    """A picked frame with one true box, one ignored and two detections."""
    scores = np.zeros((40, 60), np.float32)
    scores[10:20, 20:30] = 1.5
    made = PickedFrame(
        arm="divergence",
        seed=1,
        cycle=1,
        rank=1,
        score=0.75,
        reason="best of 100",
        key=path.name,
        path=str(path),
        video="street",
        frame=7,
        pixel_scores=scores,
        detections=Detections(
            np.array([[20, 10, 30, 20], [1, 1, 5, 9]], np.float32),
            np.array([0.9, 0.25], np.float32),
            np.zeros(2, np.int64),
        ),
        truth=GroundTruth.from_boxes([[21, 9, 31, 21], [40, 5, 50, 30]], ignore=[False, True]),
    )
    return dataclasses.replace(made, **changes)


class Page(HTMLParser):
    """What a browser would see: tags with attributes, tables as rows of text, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self.captions: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self._cell: list[str] | None = None
        self._caption: list[str] | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self._cell = []
        elif tag == "caption":
            self._caption = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} closes what it did not open"
        if tag in {"td", "th"} and self._cell is not None:
            self.tables[-1][-1].append("".join(self._cell).strip())
            self._cell = None
        elif tag == "caption" and self._caption is not None:
            self.captions.append("".join(self._caption))
            self._caption = None

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"style", "script"}:
            return
        self.text += data
        if self._cell is not None:
            self._cell.append(data)
        if self._caption is not None:
            self._caption.append(data)

    def table(self, caption: str) -> list[list[str]]:
        """The rows of the table whose caption holds the words."""
        (found,) = [t for t, c in zip(self.tables, self.captions, strict=True) if caption in c]
        return found

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]
