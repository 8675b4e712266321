"""The checks in the order in which they are run, and to which detectors each applies."""

from collections.abc import Callable
from dataclasses import dataclass

from labelnext.detectors.contract import (
    batches,
    boxes,
    lookup,
    maps,
    methods,
    predictions,
    segments,
    stochastic,
    training,
    weights,
)
from labelnext.detectors.contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a detector has to hold to.

    Attributes:
        name: Of file and function, such as `maps.cover`.
        hold: Raises `FaultError` if it does not, `NothingToSeeError` if that can't be told.
        applies: Whether a detector is of the kind that the check is for.
        otherwise: Why it does not apply.
    """

    name: str
    hold: Callable[[Subject], None]
    applies: Callable[[Subject], bool]
    otherwise: str

    @property
    def words(self) -> str:
        """What must hold, in a sentence."""
        text = (self.hold.__doc__ or "").split("\n\n")[0]
        return " ".join(text.split())


def _checks(
    applies: Callable[[Subject], bool], otherwise: str, *holds: Callable[[Subject], None]
) -> list[Check]:
    return [
        Check(f"{hold.__module__.rpartition('.')[2]}.{hold.__name__}", hold, applies, otherwise)
        for hold in holds
    ]


CHECKS: tuple[Check, ...] = (
    *_checks(
        lambda subject: True, "",
        methods.factory, methods.detector, methods.classes, methods.signatures,
        methods.unknown_arguments,
    ),
    *_checks(
        lambda subject: not subject.looks_up, "it looks predictions up",
        predictions.one_an_image, predictions.none_for_none, predictions.every_size,
        batches.again, batches.of_one_size, batches.of_several_sizes, batches.pixels_stay,
    ),
    *_checks(
        lambda subject: subject.looks_up, "it predicts on pixels",
        lookup.one_a_key, lookup.alone_and_together,
    ),
    *_checks(
        lambda subject: True, "",
        weights.fingerprint, weights.fingerprint_of_classes,
    ),
    *_checks(
        lambda subject: not subject.blind, "it predicts nothing",
        boxes.shapes, boxes.inside, boxes.scores, boxes.probabilities, boxes.features,
        maps.logits, maps.one_number_of_classes, maps.strides, maps.cover, maps.where_boxes_are,
        predictions.embedding,
    ),
    *_checks(
        lambda subject: subject.segments, "it does not segment (no `segment`)",
        segments.pixels,
    ),
    *_checks(
        lambda subject: subject.trains, "it is not trained (no `fit` and `save`)",
        training.start_stays, training.tells_progress, training.by_the_seed,
        training.seeds_differ, training.goes_on, training.empty_images,
        weights.fingerprint_of_weights, weights.there_and_back, weights.one_file,
        weights.no_pickle,
    ),
    *_checks(
        lambda subject: subject.draws, "it has no random passes (no `sample`)",
        stochastic.shapes, stochastic.by_the_generator, stochastic.draws_differ,
        stochastic.plain_after, stochastic.no_dropout,
    ),
)  # fmt: skip
"""All of them. One that fails does not keep the others from being run, unless it is a gate."""

GATES = frozenset({
    "methods.factory", "methods.detector", "methods.signatures", "predictions.one_an_image",
    "lookup.one_a_key",
})  # fmt: skip
"""Those without which there is nothing for the others to look at."""
