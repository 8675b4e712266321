"""One process: decode → batch → forward → score → one row, resumed behind the last whole part."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from labelnext.engine.gather import gather, require
from labelnext.engine.stream import Decoded, ReadImage, batches, decode_ahead
from labelnext.errors import ArgumentError, LabelnextError
from labelnext.protocols import Detector, Precomputed, Progress, Strategy, quiet
from labelnext.store.shards import ROWS, ScoreRow, ScoreShards
from labelnext.types import ImageRecord, Prediction

_Predicted = tuple[Decoded, Prediction | None]


def predict(
    records: Sequence[ImageRecord],
    detector: Detector,
    read: ReadImage,
    *,
    batch_size: int = 1,
    task: str = "predict",
    progress: Progress = quiet,
) -> Iterator[_Predicted]:
    """Predict on images in order. An unreadable image comes with its problem and no prediction."""
    done = 0
    for group in _predicted(records, detector, read, batch_size):
        yield from group
        done += len(group)
        progress(task, done, len(records))


def score(
    records: Sequence[ImageRecord],
    detector: Detector,
    strategy: Strategy,
    read: ReadImage,
    shards: ScoreShards,
    *,
    rng_of: Callable[[str], np.random.Generator],
    members: Sequence[Detector] = (),
    batch_size: int = 1,
    after: int = 0,
    task: str = "score",
    progress: Progress = quiet,
) -> int:
    """Score a pool into shards, going on behind the parts that are there already.

    Args:
        records: The images, in the order that defines the parts.
        detector: Predicts; also `Stochastic` if the strategy asks for samples. A strategy that
            needs pixels alone does not run it.
        strategy: Makes one number of an image's predictions.
        read: Reads the pixels of a record.
        shards: Where rows go.
        rng_of: An image's own generator by key, so that draws depend on nothing else.
        members: Further detectors of an ensemble.
        batch_size: Images in one forward pass.
        after: Parts that hold other images, scored before these.
        task: What `progress` is told.
        progress: Told after every image.

    Returns:
        How many images were scored by this call (the others were there).

    Raises:
        LabelnextError: The detector cannot do what the strategy needs; or a whole part's images
            could not be scored.
    """
    require(strategy.needs, detector, strategy.name)
    first = shards.done() - after
    rest = records[first * ROWS :]
    rows: list[ScoreRow] = []
    part, done = after + first, 0
    for group in _looked(rest, detector, strategy, read, batch_size):
        others = _others(group, members)
        for (item, prediction), other in zip(group, others, strict=True):
            rows.append(_row(item, prediction, detector, strategy, rng_of, other))
            done += 1
            if len(rows) == ROWS or done == len(rest):
                _stop_if_all_failed(rows)
                shards.write(part, rows)
                part, rows = part + 1, []
            progress(task, first * ROWS + done, len(records))
    return len(rest)


def _looked(
    records: Sequence[ImageRecord],
    detector: Detector,
    strategy: Strategy,
    read: ReadImage,
    batch_size: int,
) -> Iterator[list[_Predicted]]:
    """Images in groups, with predictions where the strategy needs them."""
    if strategy.needs.forward:
        return _predicted(records, detector, read, batch_size, pixels=strategy.needs.pixels)
    return ([(item, None)] for item in decode_ahead(records, read))


def _others(group: list[_Predicted], members: Sequence[Detector]) -> list[list[Prediction]]:
    """For each image of a group, what the further detectors predict; nothing where unreadable."""
    images = [item.image for item, _ in group if item.image is not None]
    if not images or not members:
        return [[] for _ in group]
    found = iter(zip(*(member.predict(images) for member in members), strict=True))
    return [[] if item.image is None else list(next(found)) for item, _ in group]


def _row(
    item: Decoded,
    prediction: Prediction | None,
    detector: Detector,
    strategy: Strategy,
    rng_of: Callable[[str], np.random.Generator],
    others: Sequence[Prediction],
) -> ScoreRow:
    key = item.record.key
    if item.problem is not None:
        return ScoreRow(key, None, None, item.problem)
    detections = None if prediction is None else prediction.detections
    try:
        seen = gather(item, prediction, detector, strategy.needs, rng_of(key), others)
        scored = strategy.score(seen)
    except ArgumentError as error:  # NaN in this image's maps, for instance: the job goes on
        return ScoreRow(key, None, detections, str(error))
    if scored.score is not None and not math.isfinite(scored.score):
        return ScoreRow(key, None, detections, f"its score is {scored.score}")
    return ScoreRow(key, scored.score, detections, None, scored.vectors, scored.boxes)


def _stop_if_all_failed(rows: Sequence[ScoreRow]) -> None:
    """One bad image stops nothing, but a whole part of them is no accident."""
    if all(row.problem is not None for row in rows):
        raise LabelnextError(
            f"None of {len(rows)} images in a row could be scored. The first: {rows[0].key}: "
            f"{rows[0].problem}"
        )


def _predicted(
    records: Sequence[ImageRecord],
    detector: Detector,
    read: ReadImage,
    batch_size: int,
    *,
    pixels: bool = False,
) -> Iterator[list[_Predicted]]:
    """Predictions in groups; those that are looked up come without images unless `pixels`."""
    if isinstance(detector, Precomputed):
        stream = decode_ahead(records, read) if pixels else (Decoded(r, None) for r in records)
        for item in stream:
            found = detector.lookup([item.record.key])[0]
            if found is None and item.problem is None:
                problem = f"{item.record.key}: the predictions file has no entry for it"
                item = Decoded(item.record, item.image, problem)
            yield [(item, found)]
        return
    for group in batches(decode_ahead(records, read, ahead=2 * batch_size + 6), batch_size):
        images = [item.image for item in group if item.image is not None]
        found_all = detector.predict(images) if images else [None]
        yield list(zip(group, found_all, strict=True))
