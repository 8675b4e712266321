"""This process: predictions as a stream, and scores into shards."""

from collections.abc import Iterator, Sequence

from labelnext.engine.scorer import Predicted, Scorer, decoded, parts_of, predicted
from labelnext.engine.stream import ReadImage
from labelnext.protocols import Detector, Precomputed, Progress, quiet
from labelnext.store.shards import ScoreShards
from labelnext.types import ImageRecord


def predict(
    records: Sequence[ImageRecord],
    detector: Detector,
    read: ReadImage,
    *,
    batch_size: int = 1,
    task: str = "predict",
    progress: Progress = quiet,
) -> Iterator[Predicted]:
    """Predict on images in order. An unreadable image comes with its problem and no prediction."""
    done = 0
    looks = None if isinstance(detector, Precomputed) else read
    for group in predicted(decoded(records, looks, 2 * batch_size + 6), detector, batch_size):
        yield from group
        done += len(group)
        progress(task, done, len(records))


def score(
    records: Sequence[ImageRecord],
    scorer: Scorer,
    shards: ScoreShards,
    *,
    first: int = 0,
    task: str = "score",
    progress: Progress = quiet,
) -> int:
    """Score a pool into shards, but for the parts that are there already.

    Args:
        records: The images, in the order that defines the parts.
        scorer: Scores one.
        shards: Where rows go.
        first: The part that these images begin with; those before hold other images.
        task: What `progress` is told.
        progress: Told after every image.

    Returns:
        How many images were scored by this call (the others were there).

    Raises:
        LabelnextError: The detector cannot do what the strategy needs; or a whole part's images
            could not be scored.
    """
    scorer.check()
    missing = shards.missing([record.key for record in records], first)
    parts = parts_of(records, missing, first)
    left = sum(len(images) for _, images in parts)
    done = len(records) - left

    def told() -> None:
        nonlocal done
        done += 1
        progress(task, done, len(records))

    scorer.write(parts, shards, told)
    return left
