"""Decode → batch → forward → score → rows, part by part: what every kind of engine does alike."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from labelnext.engine.gather import gather, require
from labelnext.engine.stream import Decoded, ReadImage, batches, decode_ahead
from labelnext.errors import ArgumentError, LabelnextError
from labelnext.protocols import Detector, Precomputed, Strategy
from labelnext.store.shards import ROWS, ScoreRow, ScoreShards
from labelnext.types import ImageRecord, Prediction

Predicted = tuple[Decoded, Prediction | None]
Part = tuple[int, Sequence[ImageRecord]]


@dataclass(frozen=True, slots=True)
class Scorer:
    """What scoring an image takes.

    Attributes:
        detector: Predicts; also `Stochastic` if the strategy asks for samples. A strategy that
            needs pixels alone does not run it.
        strategy: Makes one number of an image's predictions.
        read: Reads the pixels of a record.
        rng_of: An image's own generator by key, so that draws depend on nothing else.
        members: Further detectors of an ensemble.
        batch_size: Images in one forward pass.
    """

    detector: Detector
    strategy: Strategy
    read: ReadImage
    rng_of: Callable[[str], np.random.Generator]
    members: Sequence[Detector] = ()
    batch_size: int = 1

    def check(self) -> None:
        """Refuse a strategy whose needs the detector cannot meet.

        Raises:
            LabelnextError: It cannot.
        """
        require(self.strategy.needs, self.detector, self.strategy.name)

    def write(
        self,
        parts: Sequence[Part],
        shards: ScoreShards,
        told: Callable[[], None],
    ) -> None:
        """Score parts, each written as it is whole.

        Images are decoded ahead over the ends of parts, but no batch goes over one: so rows do not
        depend on which parts are scored together.

        Args:
            parts: Number and images of each.
            shards: Where rows go.
            told: Called after every image.

        Raises:
            LabelnextError: None of a part's images could be scored.
        """
        needs = self.strategy.needs
        every = [record for _, records in parts for record in records]
        looks = needs.pixels or not isinstance(self.detector, Precomputed)
        ahead = 2 * self.batch_size + 6
        stream = decoded(every, self.read if looks else None, ahead)
        for number, records in parts:
            rows: list[ScoreRow] = []
            own = islice(stream, len(records))
            for group in self._looked(own):
                for (item, prediction), others in zip(group, self._others(group), strict=True):
                    rows.append(self._row(item, prediction, others))
                    told()
            _stop_if_all_failed(rows)
            shards.write(number, rows)

    def _looked(self, stream: Iterator[Decoded]) -> Iterator[list[Predicted]]:
        """Images in groups, with predictions where the strategy needs them."""
        if self.strategy.needs.forward:
            return predicted(stream, self.detector, self.batch_size)
        return ([(item, None)] for item in stream)

    def _others(self, group: list[Predicted]) -> list[list[Prediction]]:
        """What the further detectors predict for each of a group; nothing where unreadable."""
        images = [item.image for item, _ in group if item.image is not None]
        if not images or not self.members:
            return [[] for _ in group]
        found = iter(zip(*(member.predict(images) for member in self.members), strict=True))
        return [[] if item.image is None else list(next(found)) for item, _ in group]

    def _row(
        self, item: Decoded, prediction: Prediction | None, others: Sequence[Prediction]
    ) -> ScoreRow:
        key = item.record.key
        if item.problem is not None:
            return ScoreRow(key, None, None, item.problem)
        detections = None if prediction is None else prediction.detections
        try:
            seen = gather(
                item, prediction, self.detector, self.strategy.needs, self.rng_of(key), others
            )
            scored = self.strategy.score(seen)
        except ArgumentError as error:  # NaN in this image's maps, for instance: the job goes on
            return ScoreRow(key, None, detections, str(error))
        if scored.score is not None and not math.isfinite(scored.score):
            return ScoreRow(key, None, detections, f"its score is {scored.score}")
        return ScoreRow(key, scored.score, detections, None, scored.vectors, scored.boxes)


def parts_of(records: Sequence[ImageRecord], wanted: Iterable[int], first: int = 0) -> list[Part]:
    """Number and images of the wanted parts of a list that begins with part `first`."""
    return [(first + i, records[i * ROWS : (i + 1) * ROWS]) for i in wanted]


def decoded(
    records: Sequence[ImageRecord], read: ReadImage | None, ahead: int = 8
) -> Iterator[Decoded]:
    """The images in order; without their pixels if nothing reads them."""
    if read is None:
        return (Decoded(record, None) for record in records)
    return decode_ahead(records, read, ahead=ahead)


def predicted(
    stream: Iterator[Decoded], detector: Detector, batch_size: int
) -> Iterator[list[Predicted]]:
    """Predictions in groups; an unreadable image comes with its problem and no prediction."""
    if isinstance(detector, Precomputed):
        for item in stream:
            found = detector.lookup([item.record.key])[0]
            if found is None and item.problem is None:
                problem = f"{item.record.key}: the predictions file has no entry for it"
                item = Decoded(item.record, item.image, problem)
            yield [(item, found)]
        return
    for group in batches(stream, batch_size):
        images = [item.image for item in group if item.image is not None]
        found_all = detector.predict(images) if images else [None]
        yield list(zip(group, found_all, strict=True))


def _stop_if_all_failed(rows: Sequence[ScoreRow]) -> None:
    """One bad image stops nothing, but a whole part of them is no accident."""
    if all(row.problem is not None for row in rows):
        raise LabelnextError(
            f"None of {len(rows)} images in a row could be scored. The first: {rows[0].key}: "
            f"{rows[0].problem}"
        )
