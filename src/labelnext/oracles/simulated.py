"""An oracle that knows the truth: for replays on data that are labelled already."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from labelnext.errors import ArgumentError
from labelnext.types import Detections, GroundTruth, ImageRecord

TruthOf = Callable[[Sequence[str]], Mapping[str, GroundTruth]]


class SimulatedOracle:
    """Answers at once with the truth of every image asked for. Satisfies `protocols.Oracle`.

    Args:
        truth_of: Truth by image key, given keys; it may leave out images without truth, and these
            stay unanswered.
        asked: Keys that were asked for before this object was made.
    """

    def __init__(self, truth_of: TruthOf, asked: Iterable[str] = ()) -> None:
        self._truth_of = truth_of
        self._asked = dict.fromkeys(asked)  # a set in the order of asking

    def request(self, images: Sequence[ImageRecord], prelabels: Sequence[Detections]) -> None:
        """Note the images; pre-labels are of no use here.

        Raises:
            ArgumentError: Not one entry of `prelabels` an image.
        """
        if len(images) != len(prelabels):
            raise ArgumentError(
                "SimulatedOracle.request",
                "prelabels",
                expected=f"one per image ({len(images)})",
                got=f"{len(prelabels)}",
            )
        self._asked |= dict.fromkeys(image.key for image in images)

    def collect(self) -> Mapping[str, GroundTruth]:
        """Truth of every image asked for, by key, in the order of asking."""
        keys = list(self._asked)
        known = self._truth_of(keys)
        return {key: known[key] for key in keys if key in known}
