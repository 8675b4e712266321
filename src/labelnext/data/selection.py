"""Keep some classes of a data set, under their own or another name; the others are counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from labelnext.errors import DataError, LabelnextError
from labelnext.types import Sample


class Kept(NamedTuple):
    """A sample with the kept classes only, and how many boxes of each other class it lost.

    Regions to ignore are not counted: formats that have them for all classes repeat them.
    """

    sample: Sample
    dropped: Mapping[str, int]


class ClassSelection:
    """Which of a source's classes are kept, and as what.

    Args:
        source: Name of the source, for errors.
        names: The source's classes.
        classes: Names to keep; or a mapping from the source's names to the names to keep them under
            (several may become one); or None to keep all.

    Raises:
        DataError: The source has classes, but none that is to be kept.
    """

    def __init__(
        self,
        source: object,
        names: Sequence[str],
        classes: Sequence[str] | Mapping[str, str] | None,
    ) -> None:
        renamed = _renamed(names, classes)
        self.names = tuple(names)
        self.classes = tuple(dict.fromkeys(renamed.values()))
        places = {name: i for i, name in enumerate(self.classes)}
        self._places = np.array(
            [places[renamed[name]] if name in renamed else -1 for name in names], np.int64
        )
        self._as_they_are = self._places.tolist() == list(range(len(names)))
        if classes is not None and len(names) and not (self._places >= 0).any():
            wanted = ", ".join(renamed)
            raise DataError(
                source,
                f"has none of the classes {wanted}; it has {', '.join(names[:20])}.",
                remedy=f"Ask for one of its classes, or map one: --map {names[0]}=NAME.",
            )

    def __call__(self, sample: Sample) -> Kept:
        """The sample with class indices into `classes`."""
        truth = sample.truth
        if truth is None or not len(truth) or self._as_they_are:
            return Kept(sample, {})
        places = self._places[truth.classes]
        keep = places >= 0
        kept = replace(truth, classes=places).take(keep)
        lost = Counter(self.names[i] for i in truth.classes[~keep & ~truth.ignore])
        return Kept(replace(sample, truth=kept), lost)


def chosen(
    source: object,
    names: Sequence[str],
    classes: Sequence[str] | None,
    renamed: Mapping[str, str],
) -> dict[str, str] | None:
    """New names of the classes to keep, by their old ones; None where all stay as they are.

    Args:
        source: Name of the source, for errors.
        names: The source's classes.
        classes: Those to keep; None for all.
        renamed: New names by old ones. A class that is renamed is kept, whether listed or not.

    Raises:
        LabelnextError: One of them is no class of the source.
    """
    if classes is None and not renamed:
        return None
    wrong = [name for name in [*(classes or ()), *renamed] if name not in names]
    if wrong:
        raise LabelnextError(
            f"{source} has no class {', '.join(map(repr, wrong))}. Its classes: "
            f"{', '.join(names[:50]) or 'none'}."
        )
    wanted = names if classes is None else [n for n in names if n in classes or n in renamed]
    return {name: renamed.get(name, name) for name in wanted}


def _renamed(
    names: Sequence[str], classes: Sequence[str] | Mapping[str, str] | None
) -> dict[str, str]:
    if isinstance(classes, Mapping):
        return dict(classes)
    return {name: name for name in (names if classes is None else classes)}
