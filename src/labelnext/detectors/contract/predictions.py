"""What `predict` gives back: one Prediction an image, and an embedding of fixed length."""

import numpy as np

from labelnext.detectors.contract.fault import NothingToSeeError, require
from labelnext.detectors.contract.subject import Subject
from labelnext.types import DenseMaps, Detections, Prediction


def one_an_image(subject: Subject) -> None:
    """`predict` gives a list with one Prediction an image, also of images of several sizes."""
    found = subject.detector.predict(subject.images[:3])
    require(
        isinstance(found, list) and len(found) == 3, "a list of 3 predictions for 3 images",
        f"{type(found).__name__} of {len(found) if hasattr(found, '__len__') else '?'}",
        "Return one Prediction an image, in the order of the images.",
    )  # fmt: skip
    for one in found:
        _kinds(one)


def none_for_none(subject: Subject) -> None:
    """`predict` of no images gives an empty list."""
    found = subject.detector.predict([])
    require(
        isinstance(found, list) and not found, "[] for no images", repr(found),
        "Return an empty list: a batch may hold only images that could not be read.",
    )  # fmt: skip


def every_size(subject: Subject) -> None:
    """There is a prediction for images of any size: odd, long, tiny, of one pixel, all black."""
    for name, image in zip(subject.names, subject.images, strict=True):
        try:
            subject.detector.predict([image])
        except Exception as error:
            error.add_note(f"on {name}")
            raise


def embedding(subject: Subject) -> None:
    """Embeddings are finite float32 vectors, of the same length for every image."""
    given = [(one.name, one.prediction.embedding) for one in subject.seen]
    there = [(name, vector) for name, vector in given if vector is not None]
    if not there:
        raise NothingToSeeError("it gives no embeddings")
    require(
        len(there) == len(given), "an embedding of every image, or of none",
        f"{len(there)} of {len(given)}", "Give one for small images too.",
    )  # fmt: skip
    for name, vector in there:
        require(
            isinstance(vector, np.ndarray) and vector.dtype == np.float32 and vector.ndim == 1,
            "a float32 vector as embedding", f"{_kind(vector)} on {name}",
            "Flatten it and convert it with .astype(np.float32).",
        )  # fmt: skip
        require(
            np.isfinite(vector).all(), "finite embeddings", f"NaN or infinity on {name}",
            "Look for a division by a length of 0.",
        )  # fmt: skip
    lengths = sorted({len(vector) for _, vector in there})
    require(
        len(lengths) == 1, "embeddings of one length", f"lengths {lengths}",
        "Pool over places, so that the length does not depend on the image's size.",
    )  # fmt: skip


def _kinds(one: object) -> None:
    require(
        isinstance(one, Prediction), "labelnext.types.Prediction", _kind(one),
        "Return Prediction(maps, detections, embedding); maps and embedding may be None.",
    )  # fmt: skip
    assert isinstance(one, Prediction)
    require(
        isinstance(one.detections, Detections), "labelnext.types.Detections as detections",
        _kind(one.detections), "Return empty arrays where there are no boxes, not None.",
    )  # fmt: skip
    require(
        one.maps is None or isinstance(one.maps, DenseMaps), "labelnext.types.DenseMaps, or None",
        _kind(one.maps), "Return DenseMaps(levels, image_size, activation).",
    )  # fmt: skip


def _kind(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    return type(value).__name__
