"""Boxes, their scores, and what goes with each of them."""

from collections.abc import Iterator

import numpy as np

from labelnext.detectors.contract.fault import NothingToSeeError, require
from labelnext.detectors.contract.subject import Subject
from labelnext.types import Detections

_BEYOND = 0.5  # of the image's sides that a box may reach beyond it
_OWN, _OTHER = 0.02, 0.002  # of a score: how far off its own class is, how near another one


def shapes(subject: Subject) -> None:
    """Arrays of n boxes: `xyxy` float32 [n, 4], `scores` float32 [n], `classes` int64 [n]."""
    for name, found in _each(subject, needed=False):
        n = len(found.scores)
        for part, array, kind, shape in (
            ("xyxy", found.xyxy, np.float32, (n, 4)), ("scores", found.scores, np.float32, (n,)),
            ("classes", found.classes, np.int64, (n,)),
        ):  # fmt: skip
            require(
                array.dtype == kind and array.shape == shape,
                f"{part} of {np.dtype(kind)} {list(shape)}",
                f"{array.dtype} {list(array.shape)} on {name}",
                "Convert it with .astype and, of no boxes, keep the shape: reshape(-1, 4).",
            )  # fmt: skip


def inside(subject: Subject) -> None:
    """Boxes are [x1, y1, x2, y2] in pixels of the image as given, finite, in or near it."""
    sizes = dict(zip(subject.names, (image.shape for image in subject.images), strict=True))
    for name, found in _each(subject):
        xyxy = found.xyxy.astype(np.float64)
        require(
            np.isfinite(xyxy).all(), "finite boxes", f"NaN or infinity on {name}",
            "Look for an exponential that is not bounded, or a division by a size of 0.",
        )  # fmt: skip
        require(
            (xyxy[:, 2:] >= xyxy[:, :2]).all(), "boxes with x1 ≤ x2 and y1 ≤ y2",
            f"{_first(xyxy[(xyxy[:, 2:] < xyxy[:, :2]).any(1)])} on {name}",
            "Are they [x, y, width, height], or sorted otherwise?",
        )  # fmt: skip
        height, width = sizes[name][:2]
        far = np.array([width, height, width, height]) * _BEYOND
        low, high = -far, np.array([width, height, width, height]) + far
        out = ((xyxy < low) | (xyxy > high)).any(1)
        require(
            not out.any(), "boxes in or near the image, in its own pixels",
            f"{_first(xyxy[out])} on {name}, which has {width} × {height} px",
            "Bring them from the network's input back to the image's pixels.",
        )  # fmt: skip


def scores(subject: Subject) -> None:
    """Scores lie between 0 and 1, best first; classes are places in `classes`."""
    for name, found in _each(subject):
        value = found.scores
        require(
            np.isfinite(value).all() and (value >= 0).all() and (value <= 1).all(),
            "scores from 0 to 1", f"{value.min():g} to {value.max():g} on {name}",
            "Give probabilities, not logits.",
        )  # fmt: skip
        require(
            (np.diff(value) <= 0).all(), "boxes sorted by score, best first",
            f"{value[:4].round(3).tolist()} … on {name}",
            "Sort all fields by np.argsort(-scores, kind='stable').",
        )  # fmt: skip
        least, most, many = found.classes.min(), found.classes.max(), len(subject.classes)
        require(
            least >= 0 and most < many, f"classes from 0 to {many - 1}",
            f"{least} to {most} on {name}",
            "Leave out the background and the classes that were not asked for, and count from 0.",
        )  # fmt: skip


def probabilities(subject: Subject) -> None:
    """Class vectors have one column a class (one more for the background, last), 0 to 1."""
    many, seen = len(subject.classes), False
    swapped = compared = 0
    for name, found in _each(subject):
        vectors = found.probabilities
        if vectors is None:
            continue
        seen = True
        require(
            vectors.dtype == np.float32
            and vectors.shape in ((len(found), many), (len(found), many + 1)),
            f"probabilities of float32 [{len(found)}, {many}], or {many + 1} with the background",
            f"{vectors.dtype} {list(vectors.shape)} on {name}",
            "Give the full vector of every box that is kept, of the project's classes.",
        )  # fmt: skip
        require(
            np.isfinite(vectors).all() and (vectors >= 0).all() and (vectors <= 1.00001).all(),
            "probabilities from 0 to 1", f"{vectors.min():g} to {vectors.max():g} on {name}",
            "Apply sigmoid or softmax.",
        )  # fmt: skip
        if vectors.shape[1] > many:
            sums = vectors.sum(1)
            require(
                np.abs(sums - 1).max() < 1e-2, "rows with a background that sum to 1",
                f"{sums[np.abs(sums - 1).argmax()]:.3g} on {name}",
                "Take softmax over the classes and the background, which is last.",
            )  # fmt: skip
        off = np.abs(vectors[:, :many] - found.scores[:, None])
        own = off[np.arange(len(found)), found.classes]
        swapped += int(((own > _OWN) & (off.min(1) < _OTHER)).sum())
        compared += len(found)
    if not seen:
        raise NothingToSeeError("its boxes have no class vectors")
    require(
        2 * swapped <= compared, "the score of a box in the column of its class",
        f"in another column, for {swapped} of {compared} boxes",
        "Order the columns as `classes`; the background, if there is one, is last.",
    )  # fmt: skip


def features(subject: Subject) -> None:
    """Features of boxes are finite float32 [n, d], with the same d on every image."""
    widths: dict[int, str] = {}
    for name, found in _each(subject):
        if found.features is None:
            continue
        value = found.features
        require(
            value.dtype == np.float32 and value.ndim == 2 and len(value) == len(found),
            f"features of float32 [{len(found)}, d]",
            f"{value.dtype} {list(value.shape)} on {name}", "Give one row a box that is kept.",
        )  # fmt: skip
        require(np.isfinite(value).all(), "finite features", f"NaN or infinity on {name}",
                "Leave features out where there are none.")  # fmt: skip
        widths.setdefault(value.shape[1], name)
    if not widths:
        raise NothingToSeeError("its boxes have no features")
    require(
        len(widths) == 1, "features of one length", f"lengths {sorted(widths)}",
        "Read them from one layer, at one place a box.",
    )  # fmt: skip


def _each(subject: Subject, *, needed: bool = True) -> Iterator[tuple[str, Detections]]:
    """Images with their boxes; those without any are left out if boxes are needed."""
    found = [(one.name, one.prediction.detections) for one in subject.seen]
    yield from (pair for pair in found if len(pair[1]) or not needed)
    if needed and not any(len(boxes) for _, boxes in found):
        raise NothingToSeeError("it finds no boxes on these images; give some with --image")


def _first(rows: np.ndarray) -> str:
    return str(rows[0].round(1).tolist()) if len(rows) else "none"
