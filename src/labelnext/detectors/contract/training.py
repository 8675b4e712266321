"""Training: from a start that stays as it is, by the seed, gone on with where it was stopped."""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from labelnext.detectors.contract import images as pictures
from labelnext.detectors.contract.compare import difference
from labelnext.detectors.contract.fault import FaultError, require
from labelnext.detectors.contract.subject import SEED, Subject


def start_stays(subject: Subject) -> None:
    """`fit` returns a new detector of the same classes, and leaves the one it starts from alone."""
    before, image = subject.detector.fingerprint(), subject.images[0]
    seen = subject.detector.predict([image])[0]
    trained = subject.trained
    require(
        trained is not subject.detector, "another detector from `fit`", "the same object",
        "Copy the network first: copy.deepcopy.",
    )  # fmt: skip
    require(
        subject.detector.fingerprint() == before
        and not difference(seen, subject.detector.predict([image])[0]),
        "a start that predicts as before", "one that has changed",
        "Copy the network first: copy.deepcopy. Every round trains from the initial weights.",
    )  # fmt: skip
    require(
        tuple(trained.classes) == subject.classes, f"the classes {subject.classes}",
        f"{trained.classes}", "Hand the classes on.",
    )  # fmt: skip


def by_the_seed(subject: Subject) -> None:
    """The same training gives the same weights, whatever global generators hold."""
    first = subject.trained.fingerprint()
    with _stirred():
        again = subject.fit().fingerprint()
    require(
        again == first, "the same fingerprint from the same seed", "another",
        "Draw order, augmentation and dropout from generators made of the seed; see "
        "labelnext.detectors.training. On a GPU, ask for deterministic algorithms.",
    )  # fmt: skip


def seeds_differ(subject: Subject) -> None:
    """Another seed gives other weights."""
    require(
        subject.fit(seed=SEED + 1).fingerprint() != subject.trained.fingerprint(),
        "another fingerprint from another seed", "the same",
        "Use the seed, for the order of the images at least: audits compare seeds.",
    )  # fmt: skip


def goes_on(subject: Subject) -> None:
    """Stopped half-way and called again with the same `workdir`, it ends as if undisturbed."""
    workdir = subject.folder / "work"
    workdir.mkdir(parents=True, exist_ok=True)
    steps = _count(subject)
    try:
        subject.fit(workdir=workdir, progress=_stop_at(steps // 2 + 1))
    except _InterruptError:
        pass
    else:
        raise FaultError(
            "training to be stopped by an error out of `progress`",
            "a whole training",
            "Let exceptions out of `progress` pass: that is how Ctrl-C arrives.",
        )
    with _stirred():
        again = subject.fit(workdir=workdir).fingerprint()
    require(
        again == subject.trained.fingerprint(), "the weights of an undisturbed training", "others",
        "Keep weights, optimiser and what was drawn in `workdir` after each epoch, written whole; "
        "or begin anew, by the same seed.",
    )  # fmt: skip


def tells_progress(subject: Subject) -> None:
    """`fit` tells `progress` of a task with whole numbers `done` of `total`, up to the total."""
    told: list[tuple[object, object, object]] = []

    def note(task: str, done: int, total: int, **figures: float) -> None:
        told.append((task, done, total))

    subject.fit(progress=note)
    require(told, "calls of progress(task, done, total)", "none",
            "Call it after every step, so that a training can be watched and timed.")  # fmt: skip
    for task, done, total in told:
        good = isinstance(task, str) and isinstance(done, int) and isinstance(total, int)
        require(
            good and 0 <= done <= total, "progress(text, done, total) with done up to total",  # type: ignore[operator]
            f"progress({task!r}, {done!r}, {total!r})", "Count the steps, from 1.",
        )  # fmt: skip


def empty_images(subject: Subject) -> None:
    """Images without objects can be trained on, also nothing but such images."""
    trained = subject.fit(examples=pictures.examples(subject.classes, 2, objects=0))
    found = trained.predict([subject.images[0]])[0]
    finite = np.isfinite(found.detections.scores).all() and (
        found.maps is None or all(np.isfinite(level.logits).all() for level in found.maps.levels)
    )
    require(
        finite, "finite predictions after training on images without objects", "NaN",
        "Divide the loss by max(1, number of objects).",
    )  # fmt: skip


def _count(subject: Subject) -> int:
    """How often `progress` is called in a training."""
    calls = 0

    def count(task: str, done: int, total: int, **figures: float) -> None:
        nonlocal calls
        calls += 1

    subject.fit(progress=count)
    require(calls, "calls of progress(task, done, total)", "none",
            "Call it after every step.")  # fmt: skip
    return calls


class _InterruptError(BaseException):
    """Ctrl-C, as a training sees it."""


def _stop_at(step: int) -> Callable[..., None]:
    calls = 0

    def stop(task: str, done: int, total: int, **figures: float) -> None:
        nonlocal calls
        calls += 1
        if calls >= step:
            raise _InterruptError

    return stop


@contextmanager
def _stirred() -> Iterator[None]:
    """Other states of the global generators, which a detector may wrongly draw from."""
    torch = sys.modules.get("torch")
    kept = random.getstate(), np.random.get_state(), torch and torch.get_rng_state()  # noqa: NPY002
    random.seed()
    np.random.seed()  # noqa: NPY002
    if torch is not None:
        torch.seed()
    try:
        yield
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002
        if torch is not None:
            torch.set_rng_state(kept[2])
