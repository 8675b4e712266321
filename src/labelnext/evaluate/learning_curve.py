"""What more labels will bring: a curve fitted to the rounds so far (STRATEGIES §12, curve)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.evaluate.area import checked_curve
from labelnext.evaluate.curve_families import (
    FAMILIES,
    PARAMETERS,
    Fits,
    Scale,
    curve_values,
    fit_family,
)

LEAST_POINTS = 5
_REACH = 2.0  # times the labels at the last point


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class LearningCurve:
    """A fitted curve v(n) = c ± a·g(n; k), + for metrics that fall; see `curve_families`.

    Attributes:
        family: The one of least AIC: `power`, `exponential` or `logarithmic`.
        c: The value that more labels tend to (`logarithmic`: the value at the first point).
        a: What is left to gain at the first point (`logarithmic`: gain per factor e of labels).
        k: How fast.
        noise: Standard deviation of a measurement about the curve.
        first: Least number of labels measured.
        last: Largest number of labels measured.
        points: Measurements.
        curves: Seeds.
        aic: Akaike's criterion by family, N ln(squares / N) + 2 (parameters + 1).
    """

    family: str
    c: float
    a: float
    k: float
    noise: float
    first: float
    last: float
    points: int
    curves: int
    aic: dict[str, float]
    _scale: Scale = field(repr=False)
    _bounds: tuple[float, float] = field(repr=False)
    _drawn: tuple[Fits, ...] = field(repr=False)  # one a family
    _chosen: Int64[np.ndarray, "draws"] = field(repr=False)  # index of family
    _errors: Float64[np.ndarray, "2 draws"] = field(repr=False)  # of two new measurements

    def predict(self, n: float, *, new_measurement: bool = False, level: float = 0.9) -> Estimate:
        """The metric at `n` labels.

        Args:
            n: From the first point to twice the last; beyond that no fit is to be trusted.
            new_measurement: True for an interval that holds the next measured value, with its
                noise; False for one that holds the curve.
            level: Coverage of the interval.

        Raises:
            ArgumentError: `n` or `level` is out of its range.
        """
        self._check("predict", "n", n, level)
        values = self._values(n)
        errors = self._errors[0] if new_measurement else 0.0
        drawn = np.clip(values[1:] + errors, *self._bounds)
        return _estimate(float(values[0]), drawn, level)

    def change(
        self, start: float, end: float, *, new_measurement: bool = False, level: float = 0.9
    ) -> Estimate:
        """v(end) − v(start), with the interval of the difference.

        Args:
            start: Labels, in the range of `predict`.
            end: Labels, in the range of `predict`.
            new_measurement: True for the difference of two measured values, both with noise.
            level: Coverage of the interval.

        Raises:
            ArgumentError: An argument is out of its range.
        """
        self._check("change", "start", start, level)
        self._check("change", "end", end, level)
        before, after = self._values(start), self._values(end)
        errors = self._errors if new_measurement else np.zeros((2, 1))
        low = np.clip(before[1:] + errors[0], *self._bounds)
        high = np.clip(after[1:] + errors[1], *self._bounds)
        return _estimate(float(after[0] - before[0]), high - low, level)

    def chance(self, start: float, end: float, least: float) -> float:
        """Share of the bootstrap's curves that improve by `least` or more from `start` to `end`.

        Args:
            start: Labels, in the range of `predict`.
            end: Labels, in the range of `predict`.
            least: Improvement, above 0 for the better whichever way the metric goes.

        Raises:
            ArgumentError: `start` or `end` is out of its range, or `least` is not finite.
        """
        self._check("chance", "start", start, 0.5)
        self._check("chance", "end", end, 0.5)
        if not np.isfinite(least):
            raise ArgumentError("LearningCurve.chance", "least", expected="finite", got=least)
        gained = self._scale.sign * (self._values(start)[1:] - self._values(end)[1:])
        return float(np.mean(gained >= least))

    def limit(self, *, level: float = 0.9) -> Estimate | None:
        """The metric that ever more labels of this kind tend to; None without a floor or ceiling.

        In the interval, draws of the logarithmic family tend to the metric's best bound.

        Args:
            level: Coverage of the interval.

        Raises:
            ArgumentError: `level` is out of its range.
        """
        self._check("limit", "level", self.last, level)
        if self.family == "logarithmic":
            return None
        best = self._bounds[0] if self._scale.sign > 0 else self._bounds[1]
        ends = [
            np.full(len(self._chosen), best) if family == "logarithmic" else fits.c
            for family, fits in zip(FAMILIES, self._drawn, strict=True)
        ]
        drawn = np.stack(ends)[self._chosen, np.arange(len(self._chosen))]
        value = float(np.clip(self.c, *self._bounds))
        return _estimate(value, np.clip(drawn, *self._bounds), level)

    def _values(self, n: float) -> Float64[np.ndarray, "draws"]:
        """The fit at `n` and then every draw, within bounds."""
        at = np.array([n], np.float64)
        fit = Fits(*(np.array([value]) for value in (self.c, self.a, self.k, 0.0)))
        point = curve_values(self.family, fit, at, self._scale)[0]
        drawn = [
            curve_values(family, fits, at, self._scale)[:, 0]
            for family, fits in zip(FAMILIES, self._drawn, strict=True)
        ]
        draws = np.stack(drawn)[self._chosen, np.arange(len(self._chosen))]
        values: np.ndarray = np.clip(np.concatenate([point, draws]), *self._bounds)
        return values

    def _check(self, function: str, argument: str, n: float, level: float) -> None:
        function = f"LearningCurve.{function}"
        if not self.first <= n <= _REACH * self.last:
            raise ArgumentError(
                function,
                argument,
                expected=f"from {self.first:g} (the first point) to {_REACH * self.last:g} (twice "
                "the last)",
                got=n,
            )
        if not 0 < level < 1:
            raise ArgumentError(function, "level", expected="between 0 and 1", got=level)


def fit_learning_curve(
    curves: Sequence[tuple[Sequence[float], Sequence[float]]],
    *,
    lower_is_better: bool,
    rng: np.random.Generator,
    draws: int = 1000,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> LearningCurve | None:
    """Fit learning curves of three families and keep the one of least AIC.

    The interval comes from a bootstrap in which every draw is fitted by all families and keeps its
    own best, so that doubt between families widens it too. From one curve, the residuals of its
    points are drawn; from several (seeds of one arm), whole curves, since the points of one share a
    fate. Residuals are made larger by what the fit took from them, and each draw's are multiplied
    by sqrt(f / χ²_f), f the degrees of freedom left by the fit (one curve) or curves − 1: so few
    do not know their own noise, and the interval of a straight line would be Student's.
    Departure from STRATEGIES §12, which draws points: of five to ten points too few places are left
    in a draw to tell three parameters.

    Fit random and active arms apart: selection changes the curve.

    Args:
        curves: (labels, values) a seed; labels never falling and above 0 (count the initial ones).
        lower_is_better: True for miss rates, False for average precision.
        rng: Draws the bootstrap.
        draws: How many, from 1.
        bounds: What the metric can be; predictions stay within.

    Returns:
        The curve; None if fewer than five numbers of labels were measured: too few to fit.

    Raises:
        ArgumentError: No curve; labels and values of different lengths; labels that fall or are
            not above 0; a value that is not finite or out of bounds; `draws` below 1.
    """
    n, v, of = _pooled(curves, bounds, draws)
    if len(np.unique(n)) < LEAST_POINTS:
        return None
    scale = Scale(float(n.min()), float(n.max()), 1.0 if lower_is_better else -1.0)
    fits = [fit_family(f, n, v[None, :], np.ones((1, len(n))), scale) for f in FAMILIES]
    aic = _aic(np.concatenate([f.squares for f in fits])[:, None], v)[:, 0]
    best = int(np.argmin(aic))
    fit, family = fits[best], FAMILIES[best]
    line = curve_values(family, fit, n, scale)[0]
    free = len(n) - PARAMETERS[family]
    unsure = np.sqrt(free / rng.chisquare(free, draws))
    values, weights = _drawn(line, v - line, of, free, unsure, rng)
    drawn = tuple(fit_family(f, n, values, weights, scale) for f in FAMILIES)
    chosen = np.argmin(_aic(np.stack([f.squares for f in drawn]), v), axis=0)
    noise = float(np.sqrt(fit.squares[0] / free))
    return LearningCurve(
        family, float(fit.c[0]), float(fit.a[0]), float(fit.k[0]), noise, scale.first, scale.last,
        len(n), len(curves), dict(zip(FAMILIES, aic.tolist(), strict=True)), scale, bounds, drawn,
        chosen, noise * unsure * rng.standard_normal((2, draws)),
    )  # fmt: skip


def _pooled(
    curves: Sequence[tuple[Sequence[float], Sequence[float]]],
    bounds: tuple[float, float],
    draws: int,
) -> tuple[
    Float64[np.ndarray, "points"], Float64[np.ndarray, "points"], Int64[np.ndarray, "points"]
]:
    """Labels, values and curve of every point, checked."""
    function = "fit_learning_curve"
    if len(curves) == 0:
        raise ArgumentError(function, "curves", expected="at least one", got="none")
    if draws < 1:
        raise ArgumentError(function, "draws", expected="at least 1", got=draws)
    parts = [checked_curve(function, n, v, least=1) for n, v in curves]
    n, v = (np.concatenate(part) for part in zip(*parts, strict=True))
    if n.min() <= 0:
        raise ArgumentError(
            function,
            "labels",
            expected="above 0",
            got=n.min(),
            remedy="Count the initial labels too.",
        )
    if not (bounds[0] <= v.min() and v.max() <= bounds[1]):
        raise ArgumentError(
            function,
            "values",
            expected=f"within the bounds {bounds}",
            got=f"{v.min():g} to {v.max():g}",
            remedy="Pass the bounds of your metric.",
        )
    return n, v, np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])


def _aic(
    squares: Float64[np.ndarray, "families draws"], v: Float64[np.ndarray, "points"]
) -> Float64[np.ndarray, "families draws"]:
    """AIC of each family; a fit without residuals gets no credit below rounding."""
    least = len(v) * (1e-9 * max(float(np.abs(v).max()), 1e-9)) ** 2
    parameters = np.array([[PARAMETERS[f] + 1] for f in FAMILIES])
    aic: np.ndarray = len(v) * np.log(np.maximum(squares, least) / len(v)) + 2 * parameters
    return aic


def _drawn(
    line: Float64[np.ndarray, "points"],
    residuals: Float64[np.ndarray, "points"],
    of: Int64[np.ndarray, "points"],
    free: int,
    unsure: Float64[np.ndarray, "draws"],
    rng: np.random.Generator,
) -> tuple[Float64[np.ndarray, "draws points"], Float64[np.ndarray, "draws points"]]:
    """Values and weights of the points in every draw."""
    points, draws, curves = len(line), len(unsure), int(of[-1]) + 1
    if curves == 1:
        wide = residuals * np.sqrt(points / free)
        rows = rng.integers(0, points, (draws, points))
        return line + wide[rows] * unsure[:, None], np.ones((draws, points))
    wide = residuals * np.sqrt(curves / (curves - 1))
    few = np.sqrt((curves - 1) / rng.chisquare(curves - 1, draws))
    counts = rng.multinomial(curves, np.full(curves, 1 / curves), size=draws)
    return line + wide * few[:, None], counts[:, of].astype(np.float64)


def _estimate(value: float, drawn: Float64[np.ndarray, "draws"], level: float) -> Estimate:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, float(low), float(high))
