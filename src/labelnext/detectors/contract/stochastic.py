"""Random passes: draws that a generator decides, and nothing else."""

import inspect

import numpy as np

from labelnext.detectors.contract.compare import maps_differ
from labelnext.detectors.contract.fault import NothingToSeeError, require
from labelnext.detectors.contract.subject import Subject
from labelnext.protocols import Stochastic
from labelnext.types import DenseMaps

_SAMPLES = 3


def shapes(subject: Subject) -> None:
    """`sample` gives for each image as many maps as asked for, shaped as those of `predict`."""
    chosen = subject.seen[1:4]
    found = _draw(subject, count=len(chosen))
    require(
        len(found) == len(chosen) and all(len(draws) == _SAMPLES for draws in found),
        f"{_SAMPLES} maps for each of {len(chosen)} images",
        f"{[len(draws) for draws in found]}", "Return a list of draws for each image.",
    )  # fmt: skip
    for seen, draws in zip(chosen, found, strict=True):
        plain = seen.prediction.maps
        for one in draws:
            same = plain is not None and _form(one) == _form(plain)
            require(
                same, f"maps of the form {None if plain is None else _form(plain)}",
                f"{_form(one)} on {seen.name}", "Decode draws as `predict` does.",
            )  # fmt: skip
            require(
                all(np.isfinite(level.logits).all() for level in one.levels), "finite logits",
                f"NaN or infinity on {seen.name}", "Look at what dropout divides by.",
            )  # fmt: skip


def by_the_generator(subject: Subject) -> None:
    """The same generator gives the same draws; another one, others."""
    first, again, other = (_draw(subject, seed=seed)[0] for seed in (0, 0, 1))
    require(
        all(not maps_differ(a, b) for a, b in zip(first, again, strict=True)),
        "the same draws from the same generator", "others",
        "Draw from `rng` alone; torch can be seeded with int(rng.integers(2**62)).",
    )  # fmt: skip
    require(
        any(_apart(a, b) for a, b in zip(first, other, strict=True)),
        "other draws from another generator", "the same", "Draw from `rng`.",
    )  # fmt: skip


def draws_differ(subject: Subject) -> None:
    """The draws of one image differ from each other."""
    first, *rest = _draw(subject)[0]
    require(
        any(_apart(first, one) for one in rest), "draws that differ", "the same each time",
        "Is dropout on while sampling? If there is none in the model, leave `sample` out.",
    )  # fmt: skip


def plain_after(subject: Subject) -> None:
    """Sampling leaves the detector as it was: plain passes draw nothing."""
    _draw(subject)
    seen = subject.seen[0]
    found, maps = subject.detector.predict([seen.image])[0].maps, seen.prediction.maps
    other = "" if found is None or maps is None else maps_differ(found, maps)
    require(
        not other, "the same plain predictions after sampling", other,
        "Set dropout back to evaluation mode.",
    )  # fmt: skip


def no_dropout(subject: Subject) -> None:
    """With `dropout` 0, where it can be set, draws are the plain maps."""
    assert isinstance(subject.detector, Stochastic)
    if "dropout" not in inspect.signature(subject.detector.sample).parameters:
        raise NothingToSeeError("`sample` takes no `dropout`")
    seen, rng = subject.seen[0], np.random.default_rng(0)
    found = subject.detector.sample([seen.image], samples=1, rng=rng, dropout=0.0)[0][0]
    plain = seen.prediction.maps
    other = "" if plain is None else maps_differ(found, plain)
    require(not other, "the plain maps with a dropout of 0", other,
            "Drop the share that `dropout` names.")  # fmt: skip


def _draw(subject: Subject, *, count: int = 1, seed: int = 0) -> list[list[DenseMaps]]:
    assert isinstance(subject.detector, Stochastic)
    images = [seen.image for seen in subject.seen[1 : 1 + count]]
    rng = np.random.default_rng(seed)
    return subject.detector.sample(images, samples=_SAMPLES, rng=rng)


def _form(maps: DenseMaps) -> tuple[object, ...]:
    levels = tuple((level.logits.shape, level.stride) for level in maps.levels)
    return (maps.image_size, maps.activation, levels)


def _apart(one: DenseMaps, other: DenseMaps) -> bool:
    pairs = zip(one.levels, other.levels, strict=True)
    return any((a.logits != b.logits).any() for a, b in pairs)
