"""What the next batch is expected to bring, and whether that is worth it (STRATEGIES §12)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from labelnext.errors import ArgumentError
from labelnext.evaluate.learning_curve import LearningCurve, fit_learning_curve


@dataclass(frozen=True, slots=True)
class Return:
    """How much better a metric becomes by the next batch: positive is better.

    Attributes:
        step: Size of the batch, in the units of the labels.
        gain: Expected improvement, by the batch or by what `per` divided it by.
        low: Lower end of its interval.
        high: Upper end.
        family: Family of the fitted curve.
    """

    step: float
    gain: float
    low: float
    high: float
    family: str

    def per(self, cost: float) -> "Return":
        """The same divided by what the batch costs in hours, boxes or money (above 0).

        Raises:
            ArgumentError: `cost` is not above 0 or not finite.
        """
        if not 0 < cost < float("inf"):
            raise ArgumentError("Return.per", "cost", expected="finite, above 0", got=cost)
        return replace(self, gain=self.gain / cost, low=self.low / cost, high=self.high / cost)


class Stop(NamedTuple):
    """Whether to stop, and why or why not."""

    stop: bool
    reason: str


def next_return(
    labels: Sequence[float],
    values: Sequence[float],
    step: float,
    *,
    lower_is_better: bool,
    rng: np.random.Generator,
    level: float = 0.9,
    new_measurement: bool = False,
    draws: int = 1000,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Return | None:
    """Expected improvement by the next batch, from the learning curve so far.

    Args:
        labels: Images, boxes or hours at each round, never falling, above 0.
        values: The metric there.
        step: Labels of the next batch, above 0, at most as many as there are.
        lower_is_better: True for miss rates, False for average precision.
        rng: Draws the bootstrap.
        level: Coverage of the interval.
        new_measurement: True for an interval that holds the next measured change, with the noise of
            both measurements; False for the change of the curve.
        draws: See `fit_learning_curve`.
        bounds: See `fit_learning_curve`.

    Returns:
        The return; None where fewer than five numbers of labels were measured: too few to say.

    Raises:
        ArgumentError: `step` or `level` is out of range; see also `fit_learning_curve`.
    """
    curve = fit_learning_curve(
        [(labels, values)], lower_is_better=lower_is_better, rng=rng, draws=draws, bounds=bounds
    )
    if curve is None:
        return None
    if not 0 < step <= curve.last:
        expected = f"above 0, at most {curve.last:g} (no fit reaches beyond twice its points)"
        raise ArgumentError("next_return", "step", expected=expected, got=step)
    return curve_return(
        curve, step, lower_is_better=lower_is_better, level=level, new_measurement=new_measurement
    )


def curve_return(
    curve: LearningCurve,
    step: float,
    *,
    lower_is_better: bool,
    level: float = 0.9,
    new_measurement: bool = False,
) -> Return:
    """What `next_return` gives, from a curve that is fitted already.

    Args:
        curve: Of a metric that falls or rises as `lower_is_better` says.
        step: Labels of the next batch, from 0, at most as many as the curve's last.
        lower_is_better: As in the fit.
        level: See `next_return`.
        new_measurement: See `next_return`.

    Raises:
        ArgumentError: `step` or `level` is out of range.
    """
    change = curve.change(
        curve.last, curve.last + step, new_measurement=new_measurement, level=level
    )
    if lower_is_better:
        return Return(step, 0.0 - change.value, 0.0 - change.high, 0.0 - change.low, curve.family)
    return Return(step, change.value, change.low, change.high, curve.family)


def suggest_stop(history: Sequence[Return | None], price: float, *, in_a_row: int = 2) -> Stop:
    """Stop once even the upper bound of the return has been below the price, twice running.

    Args:
        history: `next_return` of each round so far, divided by the cost (`per`) if the price is by
            hour, box or money; None where there were too few points.
        price: Improvement that is just worth the batch (or the hour, the box), from 0.
        in_a_row: Rounds that must agree, from 1.

    Raises:
        ArgumentError: `price` is below 0 or NaN, or `in_a_row` below 1.
    """
    if not price >= 0:
        raise ArgumentError("suggest_stop", "price", expected="a number from 0", got=price)
    if in_a_row < 1:
        raise ArgumentError("suggest_stop", "in_a_row", expected="at least 1", got=in_a_row)
    latest = history[-in_a_row:]
    known = [r for r in latest if r is not None]
    if not latest or latest[-1] is None:
        return Stop(False, "Too few rounds to predict a return.")
    rounds = "round" if in_a_row == 1 else f"{in_a_row} rounds"
    cheap = sum(r.high < price for r in known)
    if cheap == in_a_row:
        most = max(r.high for r in known)
        return Stop(
            True,
            f"In the last {rounds} the next batch could be expected to bring {most:.3g} at most, "
            f"less than its price of {price:.3g}.",
        )
    high = latest[-1].high
    if high < price:
        return Stop(
            False,
            f"The next batch may bring {high:.3g} at most, less than its price of {price:.3g}, but "
            f"{cheap} of the last {rounds} said so; all must.",
        )
    return Stop(
        False,
        f"The next batch may bring up to {high:.3g}, not less than its price of {price:.3g}.",
    )
