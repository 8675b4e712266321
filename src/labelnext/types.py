"""Frozen values that pass between rooms.

Boxes are `[x1, y1, x2, y2]` in pixels of the stored image. A pixel's centre is at half-integer
coordinates, so a box's width is `x2 - x1`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, Shaped, UInt8

Image = UInt8[np.ndarray, "height width 3"]  # RGB
Activation = Literal["sigmoid", "softmax"]


@dataclass(frozen=True, slots=True)
class MapLevel:
    """Logits of one level; cell (i, j) is centred at pixel ((i+½)·stride, (j+½)·stride)."""

    logits: Float32[np.ndarray, "classes h w"]
    stride: int


@dataclass(frozen=True, slots=True)
class DenseMaps:
    """A detector's dense predictions on one image, before any suppression (PAPER §2).

    Attributes:
        levels: One or more levels with the same number of classes. With `softmax` the classes
            include the background.
        image_size: (height, width) in pixels of the image the maps cover. A level may reach beyond
            it at the right and bottom (padding); that part is cut off.
        activation: How logits become probabilities.
    """

    levels: tuple[MapLevel, ...]
    image_size: tuple[int, int]
    activation: Activation = "sigmoid"


@dataclass(frozen=True, slots=True)
class Detections:
    """Boxes predicted on one image, best first.

    `probabilities` holds the full class vector of each box where the detector has one, `features`
    what the detector's last layer saw there.
    """

    xyxy: Float32[np.ndarray, "n 4"]
    scores: Float32[np.ndarray, "n"]
    classes: Int64[np.ndarray, "n"]
    probabilities: Float32[np.ndarray, "n classes"] | None = None
    features: Float32[np.ndarray, "n d"] | None = None

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """Labelled objects of one image.

    Only the first four fields are used to train and to measure, and `masks` by detectors that
    segment; the others are None where a source does not have them, and are kept for those who take
    the labels elsewhere.

    Attributes:
        xyxy: Full extent of each object.
        classes: Index into the data set's class names.
        ignore: True where a detection is neither right nor wrong (crowds, ignore regions).
        visible: Visible fraction of each object's area, 0 to 1; 1 where unknown.
        visible_xyxy: The visible part of each object; NaN where not given.
        occlusion: 0 not occluded, 1 partly, 2 largely; -1 where not given.
        truncation: Fraction of each object cut off by the image's border, 0 to 1; where a source
            only says yes or no, 1 or 0; NaN where not given.
        tracks: The same object in other frames of a video has the same number; -1 for none.
        masks: Visible pixels of each object: COCO's compressed run lengths (`counts`, as bytes) of
            the image's size; None where not given. See `masks`.
    """

    xyxy: Float64[np.ndarray, "n 4"]
    classes: Int64[np.ndarray, "n"]
    ignore: Bool[np.ndarray, "n"]
    visible: Float64[np.ndarray, "n"]
    visible_xyxy: Float64[np.ndarray, "n 4"] | None = None
    occlusion: Int64[np.ndarray, "n"] | None = None
    truncation: Float64[np.ndarray, "n"] | None = None
    tracks: Int64[np.ndarray, "n"] | None = None
    masks: Shaped[np.ndarray, "n"] | None = None

    def __len__(self) -> int:
        return len(self.classes)

    def take(self, which: Bool[np.ndarray, "n"] | Int64[np.ndarray, "m"]) -> "GroundTruth":
        """Some of the objects, by a mask or by their places, with all their fields."""
        return GroundTruth(*(None if part is None else part[which] for part in self.fields()))  # type: ignore[arg-type]

    def fields(self) -> tuple[np.ndarray | None, ...]:
        """Every field in the order of the constructor."""
        return (
            self.xyxy, self.classes, self.ignore, self.visible,
            self.visible_xyxy, self.occlusion, self.truncation, self.tracks, self.masks,
        )  # fmt: skip

    @staticmethod
    def from_boxes(
        xyxy: object,
        classes: object = None,
        ignore: object = None,
        visible: object = None,
        *,
        visible_xyxy: object = None,
        occlusion: object = None,
        truncation: object = None,
        tracks: object = None,
        masks: Sequence[bytes | None] | None = None,
    ) -> "GroundTruth":
        """Build from anything array-like; absent fields become class 0, not ignored, visible.

        An optional field in which nothing is given (only NaN, only -1, only None) becomes None.
        """
        boxes = np.asarray(xyxy, np.float64).reshape(-1, 4)
        n = len(boxes)
        return GroundTruth(
            boxes,
            np.zeros(n, np.int64) if classes is None else np.asarray(classes, np.int64),
            np.zeros(n, bool) if ignore is None else np.asarray(ignore, bool),
            np.ones(n, np.float64) if visible is None else np.asarray(visible, np.float64),
            _given(visible_xyxy, np.float64, (n, 4)),
            _given(occlusion, np.int64, (n,)),
            _given(truncation, np.float64, (n,)),
            _given(tracks, np.int64, (n,)),
            _given_masks(masks, n),
        )


def _given(values: object, kind: type, shape: tuple[int, ...]) -> np.ndarray | None:
    """An optional field as an array, or None where it says nothing of any object."""
    if values is None:
        return None
    array: np.ndarray = np.asarray(values, kind).reshape(shape)
    known = array != -1 if kind is np.int64 else ~np.isnan(array)
    return array if known.any() else None


def _given_masks(masks: Sequence[bytes | None] | None, n: int) -> np.ndarray | None:
    if masks is None or all(mask is None for mask in masks):
        return None
    array = np.empty(n, object)
    array[:] = list(masks)
    return array


@dataclass(frozen=True, slots=True)
class Prediction:
    """All that one forward pass gives for an image: maps for scores, boxes for pre-labels."""

    maps: DenseMaps | None
    detections: Detections
    embedding: Float32[np.ndarray, "d"] | None = None


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image or video frame as indexed.

    Attributes:
        key: Stable name, unique in a project.
        path: Where its bytes are: an image file, or the video file that holds the frame; a path or
            a URL that fsspec opens.
        width: In pixels, upright (EXIF orientation, or the video's rotation, applied); 0 where left
            to indexing.
        height: In pixels, the same.
        video: Name of the video the frame belongs to; None for a still.
        frame: Index of the frame in its video; None for a still.
        seconds: Time stamp of the frame in its video, where known.
        segment: Shot of the video the frame belongs to, from 0. Temporal rules and smoothing do not
            cross from one into another.
        place: Where the frame is in the video file at `path`: time stamp in units of the stream's
            time base, or byte offset in a .seq. None for an image file, and where a video has no
            usable time stamps (its frames are then counted from the start).
    """

    key: str
    path: str
    width: int
    height: int
    video: str | None = None
    frame: int | None = None
    seconds: float | None = None
    segment: int = 0
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """What a reader yields: an image and, where its source labels it, the objects on it.

    `problems` says what the reader found and did about this image's labels, one sentence each,
    beginning with the file or record.
    """

    record: ImageRecord
    truth: GroundTruth | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedSample:
    """A sample whose image was read and decoded once: what an index stores.

    Attributes:
        sample: Width and height of its record are those of the upright image; its boxes lie inside.
        state: `ok`; `broken`: there is a file, but no usable image; `missing`: there is no file.
        reason: Why it is not `ok`; empty otherwise.
        content: SHA-256 of the file's bytes in hexadecimal; empty where they could not be read.
        size: Bytes of the file.
        modified_ns: Time of its last change.
        problems: What was found and done about its boxes, one sentence each.
    """

    sample: Sample
    state: Literal["ok", "broken", "missing"] = "ok"
    reason: str = ""
    content: str = ""
    size: int = 0
    modified_ns: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """An image to train on; pixels are read when `load` is called, not before.

    `file` is the path of the image file that holds it, where there is one on this machine.
    """

    key: str
    load: Callable[[], Image]
    truth: GroundTruth
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """One image chosen for labelling: its place in the pool, score, rank from 1, reason."""

    index: int
    score: float | None
    rank: int
    reason: str


@dataclass(frozen=True, slots=True)
class MissRateCurve:
    """Miss rate against false positives per image, from the strictest threshold to the laxest."""

    fppi: Float64[np.ndarray, "points"]
    miss_rate: Float64[np.ndarray, "points"]
    threshold: Float64[np.ndarray, "points"]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one evaluation; NaN where a figure is undefined (no truth at all).

    `mean_iou`, `pixel_accuracy` and `class_iou` (the background last) are of detectors that segment
    (see `evaluate.Segmented`); the others are of boxes.
    """

    images: int
    instances: int
    miss_rate_at_fppi_1: float
    miss_rate_at_fppi_01: float
    log_average_miss_rate: float
    ap: float
    ap50: float
    curve: MissRateCurve = field(repr=False)
    mean_iou: float = math.nan
    pixel_accuracy: float = math.nan
    class_iou: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where each image of a pool lies in time.

    Attributes:
        videos: Name of each image's video, or of the shot where a video has several; None for a
            still.
        frames: Frame index in the video; 0 for a still.
        seconds: Time stamp in the video; NaN where unknown.
    """

    videos: tuple[str | None, ...]
    frames: Int64[np.ndarray, "n"]
    seconds: Float64[np.ndarray, "n"]

    @staticmethod
    def of(records: Sequence[ImageRecord]) -> "Timeline":
        """The timeline of indexed images, in their order."""
        return Timeline(
            tuple(_shot(record) for record in records),
            np.array([record.frame or 0 for record in records], np.int64),
            np.array(
                [np.nan if record.seconds is None else record.seconds for record in records],
                np.float64,
            ),
        )


def _shot(record: ImageRecord) -> str | None:
    if record.video is None or not record.segment:
        return record.video
    return f"{record.video}\0{record.segment}"  # no video's name holds a NUL


@dataclass(frozen=True, slots=True)
class Selection:
    """What a strategy chose: the picks, best first, and what no later cycle may choose."""

    picks: tuple[Pick, ...]
    blocked: Bool[np.ndarray, "n"]
