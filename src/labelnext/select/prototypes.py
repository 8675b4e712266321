"""DivProto: the uncertain images that show each class differently (STRATEGIES §6)."""

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.select.checks import Indices, Mask, check_budget, check_order
from labelnext.select.distinct import unit
from labelnext.select.embeddings import check_vectors


def diverse_prototypes(
    ranking: Int64[np.ndarray, "r"],
    prototypes: Float32[np.ndarray, "n classes d"],
    best_scores: Float64[np.ndarray, "n classes"],
    *,
    budget: int,
    labelled_counts: Int64[np.ndarray, "classes"],
    intra: float = 0.7,
    inter: float = 0.3,
    alpha: float = 0.5,
    beta: float = 0.75,
    blocked: Mask | None = None,
) -> Indices:
    """Walk down the ranking and pass over what shows nothing new, or no class that is wanted.

    After Wu et al., CVPR 2022 (arXiv 2204.07965), as others describe it: there is no official code.
    An image is passed over if (intra) every class it shows has a prototype with a cosine above
    `intra` to one of that class already taken; or if (inter), while a minority class is wanted, no
    wanted one has a score above `inter` in it. The minority are the ⌊α·K⌋ classes least labelled,
    and each is wanted until β·b / ⌊α·K⌋ images taken show it with a score above `inter`. What is
    left of the budget goes to the images passed over, by rank.

    Choices the sources leave open: a class that no image taken shows yet is new (similarity 0); an
    image that shows no class shows nothing new; of equal counts, the lower class is rarer. With one
    class there is no minority.

    Args:
        ranking: Images that may be chosen, best first.
        prototypes: Σ h(s_j) f_j over the boxes of a class in an image, of any scale; NaN throughout
            where the class is absent. Zeros (all boxes quite sure) count as absent.
        best_scores: Largest score of each class in each image, 0 to 1; 0 where it is absent.
        budget: How many to choose; with fewer ranked, all of them.
        labelled_counts: Labelled objects of each class.
        intra: T_intra, a cosine.
        inter: T_inter, a score.
        alpha: α, the share of classes that are a minority, 0 to 1.
        beta: β, the share of the budget that is for them, 0 to 1.
        blocked: Images that must not be chosen, although ranked.

    Returns:
        Indices in the order chosen. O(budget·classes·d) memory beyond the input.

    Raises:
        ArgumentError: A negative budget; a ranking with an index twice or outside the pool; arrays
            of other shapes; prototypes partly NaN, scores outside [0, 1], or options outside their
            domain.
    """
    function = "select.diverse_prototypes"
    budget = check_budget(budget, function)
    order = check_order(ranking, len(prototypes), blocked, function, "ranking")
    _check_arrays(function, prototypes, best_scores, labelled_counts)
    for argument, value, low in (
        ("intra", intra, -1), ("inter", inter, 0), ("alpha", alpha, 0), ("beta", beta, 0),
    ):  # fmt: skip
        if not low <= value <= 1:
            raise ArgumentError(function, argument, expected=f"from {low} to 1", got=value)
    wanted = _Wanted(labelled_counts, int(alpha * len(labelled_counts)), beta * budget, inter)
    taken = _Taken(min(budget, len(order)), prototypes.shape[1], prototypes.shape[2])
    chosen: list[int] = []
    passed_over: list[int] = []
    for image in order.tolist():
        if len(chosen) == budget:
            break
        directions = unit(prototypes[image])
        if wanted.rejects(best_scores[image]) or taken.likeness(directions) > intra:
            passed_over.append(image)
            continue
        chosen.append(image)
        taken.add(directions)
        wanted.lower(best_scores[image])
    return np.array((chosen + passed_over)[:budget], np.int64)


class _Taken:
    """Directions of the prototypes taken so far, class by class."""

    def __init__(self, room: int, classes: int, width: int) -> None:
        self._held = np.zeros((classes, room, width), np.float32)
        self._counts = np.zeros(classes, np.int64)

    def likeness(self, directions: Float32[np.ndarray, "classes d"]) -> float:
        """Of the class most unlike, the cosine to the likest one taken; ∞ without a class."""
        least = np.inf
        for which in _shown(directions):
            held = self._held[which, : self._counts[which]]
            least = min(least, float((held @ directions[which]).max()) if len(held) else 0.0)
        return least

    def add(self, directions: Float32[np.ndarray, "classes d"]) -> None:
        for which in _shown(directions):
            self._held[which, self._counts[which]] = directions[which]
            self._counts[which] += 1


class _Wanted:
    """Minority classes, and how many images of each are still wanted."""

    def __init__(
        self, counts: Int64[np.ndarray, "classes"], rarest: int, images: float, bar: float
    ) -> None:
        self._left, self._bar = np.zeros(len(counts)), bar
        if rarest:
            self._left[np.argsort(counts, kind="stable")[:rarest]] = images / rarest

    def rejects(self, best: Float64[np.ndarray, "classes"]) -> bool:
        wanted = self._open()
        return bool(wanted.any() and not (best[wanted] > self._bar).any())

    def lower(self, best: Float64[np.ndarray, "classes"]) -> None:
        self._left[self._open() & (best > self._bar)] -= 1

    def _open(self) -> Bool[np.ndarray, "classes"]:
        still: np.ndarray = self._left > 1e-9  # shares of the budget are rounded
        return still


def _shown(directions: Float32[np.ndarray, "classes d"]) -> list[int]:
    shown: list[int] = np.flatnonzero(~np.isnan(directions).any(axis=1)).tolist()
    return shown


def _check_arrays(
    function: str,
    prototypes: Float32[np.ndarray, "n classes d"],
    best_scores: Float64[np.ndarray, "n classes"],
    labelled_counts: Int64[np.ndarray, "classes"],
) -> None:
    n, classes, width = prototypes.shape
    check_vectors(prototypes.reshape(n * classes, width), function, "prototypes")
    for argument, found, expected in (
        ("best_scores", best_scores.shape, (n, classes)),
        ("labelled_counts", labelled_counts.shape, (classes,)),
    ):
        if found != expected:
            raise ArgumentError(
                function, argument, expected=f"of shape {expected}, as the prototypes say",
                got=f"{found}",
            )  # fmt: skip
    if not ((best_scores >= 0) & (best_scores <= 1)).all():
        raise ArgumentError(
            function, "best_scores", expected="from 0 to 1", got="NaN or another",
            remedy="A class that an image does not show has a best score of 0.",
        )  # fmt: skip
    if (labelled_counts < 0).any():
        raise ArgumentError(
            function, "labelled_counts", expected="0 or more", got=labelled_counts.min()
        )  # fmt: skip
