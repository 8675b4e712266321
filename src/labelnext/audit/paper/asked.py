"""What is asked for of the paper, and whether there is what it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelnext.audit.paper.data_sets import data_sets
from labelnext.audit.paper.figures import NUMBERS, Figure
from labelnext.errors import LabelnextError
from labelnext.wording import listing

EVERYTHING = "all"


@dataclass(frozen=True, slots=True)
class Asked:
    """Figures and table to make.

    Attributes:
        numbers: Of figures, rising.
        table: Whether Table 1.
        images: For Fig. 4: N; None takes the pool's, or without a pool the paper's.
        measured: For Fig. 4: this machine's times in place of the paper's.
    """

    numbers: tuple[int, ...]
    table: bool = False
    images: int | None = None
    measured: bool = False


def asked(
    figures: Sequence[str],
    *,
    table: bool = False,
    images: int | None = None,
    measured: bool = False,
) -> Asked:
    """From texts such as `5`; `all` is all figures and the table.

    Raises:
        LabelnextError: No such figure, or nothing is asked for.
    """
    known = [str(number) for number in NUMBERS]
    for text in figures:
        if text not in (*known, EVERYTHING):
            raise LabelnextError(
                f"There is no figure {text!r} to make: give {', '.join(known)} or {EVERYTHING}. "
                "The others of the paper show no data."
            )
    everything = EVERYTHING in figures
    numbers = NUMBERS if everything else sorted({int(text) for text in figures})
    if not numbers and not table:
        raise LabelnextError(
            f"Nothing is asked for: give --figure with one of {', '.join(known)} or {EVERYTHING}, "
            "or --table."
        )
    return Asked(tuple(numbers), table or everything, images, measured)


def check_data(asked: Asked, figures: Sequence[Figure], path: Path) -> None:
    """Refuse what the index cannot feed: labels, pool or test set are missing.

    Args:
        asked: What is asked for.
        figures: The figures of it that take runs.
        path: Of the index, which need not be there.

    Raises:
        LabelnextError: Names what is missing, and the option that gives it.
    """
    known = {one.name: one for one in data_sets(path)}
    labelled = {name for name, one in known.items() if one.instances is not None}
    missing = []
    if figures and "initial" not in labelled:
        missing.append("labelled images to start from (--labels)")
    if figures and "pool" not in labelled:
        missing.append("a labelled pool (--pool)")
    elif asked.measured and "pool" not in known:
        missing.append("a pool to measure on (--pool)")
    elif asked.table and not known:
        missing.append("data to count (--labels, --pool or --test)")
    if any(figure.measured for figure in figures) and "test" not in labelled:
        missing.append("a test set (--test, or --hold-out to take a share of the pool)")
    if missing:
        raise LabelnextError(f"What is asked for needs {listing(missing)}.")
