"""The same image gives the same prediction, whatever comes with it and however often."""

from labelnext.detectors.contract.compare import difference
from labelnext.detectors.contract.fault import require
from labelnext.detectors.contract.subject import Seen, Subject


def of_one_size(subject: Subject) -> None:
    """Images of one size give the same together as one by one."""
    shapes = [one.image.shape for one in subject.seen]
    alike = [one for one in subject.seen if shapes.count(one.image.shape) > 1]
    _together(subject, alike, "Does a layer use statistics of the batch? Set evaluation mode.")


def of_several_sizes(subject: Subject) -> None:
    """Images of several sizes give, together and in any order, the same as one by one."""
    mixed = subject.seen[::2] + subject.seen[1::2][::-1]
    _together(subject, mixed, "Group images by size; never pad one because of another; and put "
              "predictions back in the order of the images.")  # fmt: skip


def again(subject: Subject) -> None:
    """The same call gives the same again."""
    for seen in (subject.seen[0], subject.seen[-1]):
        found = subject.detector.predict([seen.image])[0]
        _require_same(seen, found, "the second time", "Turn dropout off, and draw nothing.")


def pixels_stay(subject: Subject) -> None:
    """The images that are handed over are not changed."""
    for seen in (subject.seen[0], subject.seen[-1]):
        kept = seen.image.copy()
        subject.detector.predict([seen.image])
        require(
            (kept == seen.image).all(), "images that are as they were",
            f"other pixels in {seen.name}", "Work on a copy: image.copy().",
        )  # fmt: skip


def _together(subject: Subject, chosen: list[Seen], remedy: str) -> None:
    found = subject.detector.predict([one.image for one in chosen])
    require(len(found) == len(chosen), f"{len(chosen)} predictions", len(found), remedy)
    for seen, one in zip(chosen, found, strict=True):
        _require_same(seen, one, "together with others", remedy)


def _require_same(seen: Seen, found: object, when: str, remedy: str) -> None:
    other = difference(seen.prediction, found)  # type: ignore[arg-type]
    require(not other, f"the same prediction {when} as alone", f"{other} on {seen.name}", remedy)
