"""Predictions that are looked up by the key of an image."""

from labelnext.detectors.contract.compare import difference
from labelnext.detectors.contract.fault import NothingToSeeError, require
from labelnext.detectors.contract.subject import Subject
from labelnext.protocols import Precomputed

_STRANGE = "no/such/image-5e1f.png"


def one_a_key(subject: Subject) -> None:
    """`lookup` gives a list with one prediction a key, in order; None for an unknown image."""
    assert isinstance(subject.detector, Precomputed)
    keys = [_STRANGE, *subject.more] if not subject.blind else list(subject.more)
    found = subject.detector.lookup(keys)
    require(
        isinstance(found, list) and len(found) == len(keys), f"a list of {len(keys)}",
        f"{type(found).__name__} of {len(found)}", "Return one entry a key, in order.",
    )  # fmt: skip
    if not subject.blind:
        require(
            found[0] is None, "None for an image that it knows nothing about", "a prediction",
            "None is another thing than a prediction without boxes.",
        )  # fmt: skip


def alone_and_together(subject: Subject) -> None:
    """Keys give the same together as one by one."""
    assert isinstance(subject.detector, Precomputed)
    if not subject.seen:
        raise NothingToSeeError("it knows none of the images; give some with --image")
    found = subject.detector.lookup([seen.name for seen in subject.seen[::-1]])
    for seen, one in zip(subject.seen[::-1], found, strict=True):
        other = "none" if one is None else difference(seen.prediction, one)
        require(not other, "the same prediction together as alone", f"{other} for {seen.name}",
                "Look every key up by itself.")  # fmt: skip
