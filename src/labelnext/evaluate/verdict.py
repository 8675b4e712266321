"""The one word that a comparison of two arms allows (STRATEGIES §12, words)."""

from typing import Literal, Protocol, runtime_checkable

from labelnext.errors import ArgumentError

Verdict = Literal["better", "worse", "not distinguishable"]


@runtime_checkable
class Difference(Protocol):
    """What `paired_difference` and `nested_difference` return has this."""

    @property
    def mean(self) -> float:
        """Mean of the arm less the baseline."""

    @property
    def shown(self) -> bool:
        """True if the interval excludes 0."""


def verdict(
    difference: Difference, p: float, *, lower_is_better: bool, level: float = 0.05
) -> Verdict:
    """Is the arm better than its baseline, worse, or neither as far as this study can tell?

    Departure from STRATEGIES §12, which asks for the interval alone: the corrected p must be below
    `level` too, since a bootstrap interval over a few seeds is too narrow and knows nothing of how
    many arms were tried.

    Args:
        difference: The arm less the baseline.
        p: Two-sided p of the same difference, valid for all arms tried
            together (`joint_p_values`), 0 to 1.
        lower_is_better: True for miss rates, False for average precision.
        level: p must be below it.

    Raises:
        ArgumentError: `p` is not within 0 to 1, or `level` not between them.
    """
    if not 0 <= p <= 1:
        raise ArgumentError("verdict", "p", expected="0 to 1", got=p)
    if not 0 < level < 1:
        raise ArgumentError("verdict", "level", expected="between 0 and 1", got=level)
    if not (difference.shown and p < level):
        return "not distinguishable"
    return "better" if (difference.mean < 0) == lower_is_better else "worse"
