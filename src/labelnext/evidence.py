"""Frozen values between detector, strategy and selection: what is seen, scored, chosen from.

A strategy says what it `Needs`; the engine gathers that as `Evidence` of one image; the strategy
makes it `Scored`; and what was scored of all images, as a `Pool`, is what it selects from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, Float64, Int64

from labelnext.types import DenseMaps, Detections, GroundTruth, Image, Prediction, Timeline

Affine = Float64[np.ndarray, "2 3"]
View = Callable[[Image, Detections, np.random.Generator], tuple[Image, Affine]]
"""Changes an image (of which the boxes are known) and says where its points went."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a strategy has to be given; everything costs something, so nothing is on by default.

    Attributes:
        forward: Predictions on the images: one plain pass.
        samples: Stochastic passes for each image.
        dropout: Share that each of them drops, 0 to below 1; None for the detector's own.
        checkpoints: Weights files of further detectors, whose maps are given as samples; a glob.
        rounds: How many earlier rounds' detectors to take as further detectors.
        views: Changed images on which the detector predicts too, each one more pass.
        pixels: The image itself.
        detections: Detections of all images at selection, not at scoring alone.
        labelled: The same for the images labelled so far, with their truth, at selection.
        counts: The truth of the labelled images alone, without a pass over them.
        seconds: Expected labelling time of each image at selection.
    """

    forward: bool = False
    samples: int = 0
    dropout: float | None = None
    checkpoints: str = ""
    rounds: int = 0
    views: tuple[View, ...] = ()
    pixels: bool = False
    detections: bool = False
    labelled: bool = False
    counts: bool = False
    seconds: bool = False

    @property
    def images(self) -> bool:
        """Whether images must be looked at before selection."""
        return self.forward or self.pixels


@dataclass(frozen=True, slots=True)
class Viewed:
    """A prediction on a changed image.

    Attributes:
        prediction: In the pixels of the changed image.
        matrix: Maps a point of the original, (x, y, 1), into the changed image.
        size: (height, width) of the changed image.
    """

    prediction: Prediction
    matrix: Affine
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one image when it is scored; what was not needed is absent.

    Attributes:
        size: (height, width) of the image, to which boxes refer.
        prediction: Of the plain pass.
        samples: Maps of stochastic passes, or of the plain passes of several detectors.
        views: Predictions on changed images, in the order asked for.
        image: Its pixels.
        classes: How many classes the detector knows.
    """

    size: tuple[int, int]
    prediction: Prediction | None = None
    samples: tuple[DenseMaps, ...] = ()
    views: tuple[Viewed, ...] = ()
    image: Image | None = None
    classes: int = 1


@dataclass(frozen=True, slots=True)
class Scored:
    """What a strategy keeps of one image until selection.

    Attributes:
        score: Acquisition score; higher is labelled sooner. None where none is defined.
        vectors: By name, such as `embedding`; the same names and lengths for every image.
        boxes: One row of numbers a detection, such as its features.
    """

    score: float | None
    vectors: Mapping[str, Float32[np.ndarray, "_d"]] = field(default_factory=dict)
    boxes: Float32[np.ndarray, "n _m"] | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """The images labelled so far: first the initial set, then the picks; all in one order.

    Attributes:
        truths: What is on them.
        detections: What the present detector sees there; None where it could not be asked.
        vectors: As in `Pool`.
        boxes: As in `Pool`.
    """

    truths: tuple[GroundTruth, ...] = ()
    detections: Sequence[Detections | None] = ()
    vectors: Mapping[str, Float32[np.ndarray, "l _d"]] = field(default_factory=dict)
    boxes: Sequence[Float32[np.ndarray, "_n _m"] | None] = ()

    def counts(self, classes: int) -> Int64[np.ndarray, "classes"]:
        """Labelled objects of each class, those to ignore left out."""
        seen = [truth.classes[~truth.ignore] for truth in self.truths]
        flat = np.concatenate([np.zeros(0, np.int64), *seen])
        return np.bincount(flat, minlength=classes)[:classes].astype(np.int64)


@dataclass(frozen=True, slots=True)
class Pool:
    """Everything a strategy may choose from, one entry an image, in one order.

    Attributes:
        timeline: Where the images lie in time.
        scores: NaN where there is none: images that may not be chosen, and images without a
            defined score, which rank behind every scored one.
        classes: Number of classes.
        vectors: What `Scored.vectors` held, by name; rows of NaN where there is none.
        detections: Empty unless needed; None where there are none.
        boxes: What `Scored.boxes` held; empty unless needed.
        labelled: Empty unless needed.
        seconds: Expected labelling time; None unless needed.
    """

    timeline: Timeline
    scores: Float64[np.ndarray, "n"]
    classes: int = 1
    vectors: Mapping[str, Float32[np.ndarray, "n _d"]] = field(default_factory=dict)
    detections: Sequence[Detections | None] = ()
    boxes: Sequence[Float32[np.ndarray, "_n _m"] | None] = ()
    labelled: Labelled = field(default_factory=Labelled)
    seconds: Float64[np.ndarray, "n"] | None = None

    def __len__(self) -> int:
        return len(self.scores)
