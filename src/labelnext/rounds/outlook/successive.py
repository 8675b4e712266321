"""Do successive detectors agree on the pool? What earlier scoring passes left says, label-free."""

from dataclasses import dataclass
from itertools import pairwise

from labelnext.errors import ProjectError
from labelnext.evaluate.agreement import agreement, settled
from labelnext.rounds.pooled import shards, weights_digest
from labelnext.rounds.project import Project
from labelnext.rounds.seeds import derive
from labelnext.types import Detections

IN_A_ROW = 3  # Bloodgood & Vijay-Shanker, CoNLL 2009
LEAST_KAPPA = 0.99
LEAST_IMAGES = 50  # [ours] fewer say nothing at all
MOST_IMAGES = 2000  # enough for them, and read in seconds


@dataclass(frozen=True, slots=True)
class Successive:
    """How far the newest detectors agree with the one before.

    Attributes:
        images: Pool images that they all predicted on and that were compared.
        shared: Pool images that they all predicted on.
        values: F1 of matched boxes of each detector with the next, oldest first; NaN where neither
            has a box. Empty where nothing could be compared.
        problem: Why the scores of earlier rounds could not be read; empty where they could.
    """

    images: int = 0
    shared: int = 0
    values: tuple[float, ...] = ()
    problem: str = ""

    @property
    def settled(self) -> bool:
        """Whether the last three agreements are .99 or more."""
        return settled(self.values, least=LEAST_KAPPA, in_a_row=IN_A_ROW)


def successive(project: Project) -> Successive:
    """Compare the newest detectors, at most four, on the same images of the pool (STRATEGIES §12).

    A round's scoring pass keeps what the detector of the round before found on every image that
    could still be picked; the images compared are those that all of these passes share, at most
    2,000 of them, the same at every call. Departures from Bloodgood & Vijay-Shanker: the F1 of
    matched boxes for κ; and the images that strategies pick leave the set, so what stays is what
    they find least worth a look, on which detectors agree more than elsewhere.

    Args:
        project: Its shards are read; nothing is written.

    Returns:
        Without values where fewer than two detectors predicted on the same 50 images: a strategy
        that looks at no image leaves no predictions, and a detector that was not retrained agrees
        with itself and is not counted.
    """
    try:
        return _compare(project, _rounds(project))
    except ProjectError as error:
        return Successive(problem=str(error))


def _rounds(project: Project) -> list[int]:
    """Newest scored rounds whose detectors differ, oldest first."""
    found: list[int] = []
    seen: set[str] = set()
    for number in range(len(project.ledger.rounds()) + 1, 0, -1):
        done = project.ledger.step(number, "score")
        if done is None:
            continue
        if not done.details.get("images"):
            break
        digest = weights_digest(project, number - 1)
        if digest not in seen:
            seen.add(digest)
            found.append(number)
        if len(found) > IN_A_ROW:
            break
    return found[::-1]


def _compare(project: Project, rounds: list[int]) -> Successive:
    parts = [shards(project, number) for number in rounds]
    if len(parts) < 2:
        return Successive()
    shared = set.intersection(*(set(part.keys()) for part in parts))
    chosen = sorted(shared, key=lambda key: derive(0, "agreement", key))[:MOST_IMAGES]
    by_round = [{row.key: row.detections for row in part.rows(chosen)} for part in parts]
    keys = [key for key in chosen if all(found[key] is not None for found in by_round)]
    if len(keys) < LEAST_IMAGES:
        return Successive(len(keys), len(shared))
    boxes: list[list[Detections]] = [
        [of for key in keys if (of := found[key]) is not None] for found in by_round
    ]
    values = [agreement(one, other) for one, other in pairwise(boxes)]
    return Successive(len(keys), len(shared), tuple(values))
