"""Dense maps: levels of logits that cover the image."""

from collections.abc import Iterator

import numpy as np

from labelnext.detectors.contract.fault import NothingToSeeError, require
from labelnext.detectors.contract.subject import Seen, Subject
from labelnext.types import DenseMaps

_SURE = 0.5  # score from which a box has to be seen in the maps
_SHARE = 0.5  # of its score that the maps have to hold within it


def logits(subject: Subject) -> None:
    """Levels are finite float32 logits [classes, h, w] of all classes, or of objectness alone.

    With softmax they hold the background too, last.
    """
    many = len(subject.classes)
    for seen, maps in _each(subject):
        on = f"on {seen.name}"
        require(len(maps.levels) > 0, "one level or more", f"none {on}",
                "Return maps=None where there are no dense maps.")  # fmt: skip
        require(maps.activation in ("sigmoid", "softmax"), "the activation sigmoid or softmax",
                f"{maps.activation!r} {on}", "Name how logits become probabilities.")  # fmt: skip
        for level in maps.levels:
            value = level.logits
            require(
                isinstance(value, np.ndarray) and value.dtype == np.float32 and value.ndim == 3,
                "logits of float32 [classes, h, w]",
                f"{getattr(value, 'dtype', type(value).__name__)} "
                f"{list(getattr(value, 'shape', ()))} {on}",
                "Convert to a numpy array, without the batch's dimension.",
            )  # fmt: skip
            wanted = [many + 1] if maps.activation == "softmax" else sorted({1, many})
            require(
                len(value) in wanted,
                f"{' or '.join(map(str, wanted))} maps a level with {maps.activation}",
                f"{len(value)} {on}", "Give one map a class in the order of `classes`; with "
                "softmax, the background is one more, last.",
            )  # fmt: skip
            require(
                np.isfinite(value).all(), "finite logits", f"NaN or infinity {on}",
                "Give logits, not probabilities turned back; or clip those before the logarithm.",
            )  # fmt: skip


def one_number_of_classes(subject: Subject) -> None:
    """Every level of every image has the same number of maps, and there are as many levels."""
    kinds: dict[tuple[int, ...], str] = {}
    for seen, maps in _each(subject):
        kinds.setdefault(tuple(len(level.logits) for level in maps.levels), seen.name)
    shown = "; ".join(f"{list(kind)} on {name}" for kind, name in kinds.items())
    require(
        len(kinds) == 1 and len(set(next(iter(kinds)))) == 1,
        "as many maps on every level, and as many levels on every image", shown,
        "Give all levels of the network, also where the image is small.",
    )  # fmt: skip


def strides(subject: Subject) -> None:
    """A level's stride is a whole number of pixels of the network's input."""
    for seen, maps in _each(subject):
        found = [level.stride for level in maps.levels]
        require(
            all(isinstance(one, int) and one >= 1 for one in found), "strides that are int, from 1",
            f"{found!r} on {seen.name}", "Convert them with int(…).",
        )  # fmt: skip


def cover(subject: Subject) -> None:
    """A level covers `image_size`: ceil(height / stride) × ceil(width / stride) cells or more."""
    for seen, maps in _each(subject):
        size = maps.image_size
        require(
            isinstance(size, tuple) and len(size) == 2
            and all(isinstance(side, int) and side >= 1 for side in size),
            "image_size (height, width), whole numbers", f"{size!r} on {seen.name}",
            "Give the part of the network's input that the image covers.",
        )  # fmt: skip
        for level in maps.levels:
            cells = tuple(level.logits.shape[1:])
            least = tuple(-(-side // level.stride) for side in size)
            require(
                cells[0] >= least[0] and cells[1] >= least[1],
                f"{least[0]} × {least[1]} cells of stride {level.stride} for an image_size of "
                f"{size[0]} × {size[1]}",
                f"{cells[0]} × {cells[1]} on {seen.name}",
                "Is image_size (height, width), and that of the network's input? Pad right and "
                "below, and round up when padding is cut off.",
            )  # fmt: skip


def where_boxes_are(subject: Subject) -> None:
    """Where it is sure of a box on an image that was given, the maps are high in it.

    Cell (i, j) is centred at ((i + ½)·stride, (j + ½)·stride) of the network's input. On what is
    drawn an untrained detector may well be sure of nonsense.
    """
    many, looked = len(subject.classes), 0
    for seen, maps in _each(subject):
        found = seen.prediction.detections
        if seen.name not in subject.more or len(maps.levels[0].logits) < many or not len(found):
            continue
        height, width = seen.image.shape[:2]
        scale = np.array([maps.image_size[1] / width, maps.image_size[0] / height] * 2)
        for box, score, k in list(zip(found.xyxy, found.scores, found.classes, strict=True))[:5]:
            if score < _SURE:
                break
            looked += 1
            highest = _highest(maps, int(k), box * scale)
            require(
                highest >= _SHARE * score,
                f"a probability near {score:.2f} of {subject.classes[k]!r} in the maps within the "
                f"box {box.round().tolist()}",
                f"at most {highest:.2f} on {seen.name}",
                "Are maps and boxes of the same image, class and place? The image has to start at "
                "the network's top left corner.",
            )  # fmt: skip
    if not looked:
        raise NothingToSeeError("there is no image with a box that it is sure of; give one")


def _highest(maps: DenseMaps, k: int, box: np.ndarray) -> float:
    """The highest probability of a class in a box of the network's input."""
    best = 0.0
    for level in maps.levels:
        high = level.logits.shape[1:]
        x1, y1 = (int(max(0, np.floor(v / level.stride) - 1)) for v in box[:2])
        x2, y2 = (int(max(0, np.ceil(v / level.stride) + 1)) for v in box[2:])
        cut = level.logits[:, min(y1, high[0] - 1) : y2, min(x1, high[1] - 1) : x2]
        if not cut.size:
            continue
        values = cut.astype(np.float64)
        if maps.activation == "softmax":
            power = np.exp(values - values.max(0))
            best = max(best, float((power[k] / power.sum(0)).max()))
        else:
            best = max(best, float(1 / (1 + np.exp(-values[k].max()))))
    return best


def _each(subject: Subject) -> Iterator[tuple[Seen, DenseMaps]]:
    found = [(one, one.prediction.maps) for one in subject.seen]
    there = [(one, maps) for one, maps in found if maps is not None]
    if not there:
        raise NothingToSeeError("it gives no dense maps; strategies over boxes work without")
    require(
        len(there) == len(found), "maps of every image, or of none",
        f"{len(there)} of {len(found)}", "Give them for small images too.",
    )  # fmt: skip
    return iter(there)
