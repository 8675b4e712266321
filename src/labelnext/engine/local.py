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


def predict(
    records: Sequence[ImageRecord],
    detector: Detector,
    read: ReadImage,
    *,
    batch_size: int = 1,
    task: str = "predict",
    progress: Progress = quiet,
) -> Iterator[tuple[Decoded, Prediction | None]]:
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
        task: What `progress` is told.
        progress: Told after every batch.

    Returns:
        How many images were scored by this call (the others were there).

    Raises:
        LabelnextError: The strategy needs stochastic passes and the detector has none; or a whole
            part's images could not be scored.
    """
    require(strategy.needs, detector, strategy.name)
    first = shards.done()
    rest = records[first * ROWS :]
    rows: list[ScoreRow] = []
    part = first
    stream = (
        predict(rest, detector, read, batch_size=batch_size)
        if strategy.needs.forward
        else ((item, None) for item in decode_ahead(rest, read))
    )
    for done, (item, prediction) in enumerate(stream, start=1):
        rows.append(_row(item, prediction, detector, strategy, rng_of, members))
        if len(rows) == ROWS or done == len(rest):
            _stop_if_all_failed(rows)
            shards.write(part, rows)
            part, rows = part + 1, []
        progress(task, first * ROWS + done, len(records))
    return len(rest)


def _row(
    item: Decoded,
    prediction: Prediction | None,
    detector: Detector,
    strategy: Strategy,
    rng_of: Callable[[str], np.random.Generator],
    members: Sequence[Detector],
) -> ScoreRow:
    key = item.record.key
    if item.problem is not None:
        return ScoreRow(key, None, None, item.problem)
    detections = None if prediction is None else prediction.detections
    try:
        seen = gather(item, prediction, detector, strategy.needs, rng_of(key), members)
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
    records: Sequence[ImageRecord], detector: Detector, read: ReadImage, batch_size: int
) -> Iterator[list[tuple[Decoded, Prediction | None]]]:
    if isinstance(detector, Precomputed):
        for record in records:
            found = detector.lookup([record.key])[0]
            problem = None if found else f"{record.key}: the predictions file has no entry for it"
            yield [(Decoded(record, None, problem), found)]
        return
    for group in batches(decode_ahead(records, read, ahead=2 * batch_size + 6), batch_size):
        images = [item.image for item in group if item.image is not None]
        found_all = detector.predict(images) if images else [None]
        yield list(zip(group, found_all, strict=True))
