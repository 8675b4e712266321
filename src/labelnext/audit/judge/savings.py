"""What an arm saves on the way to the baseline's final quality, in words."""

import math

from labelnext.audit.judge.values import Contest, Unit, UnitContest
from labelnext.cost import LabourRate
from labelnext.evaluate import LabelSaving
from labelnext.wording import count, listing, number, plain


def savings(c: Contest, rate: LabourRate | None = None) -> str:
    """A sentence: images, boxes, hours and, with a rate, money against the baseline's."""
    quality = c.units[0].saving.quality
    parts = [_part(u) for u in c.units]
    hours = c.unit("hours")
    if rate is not None and hours is not None and hours.saving.reach == "reached":
        s = hours.saving
        parts.append(
            f"{money(s.labels * rate.per_hour, rate)} instead of "
            f"{money(s.baseline * rate.per_hour, rate)}"
        )
    return (
        f"To be as good as {plain(c.baseline)} at its end ({number(quality)}), {plain(c.arm)} "
        f"needs {listing(parts)}."
    )


def share(s: LabelSaving) -> str:
    """The saving as a share with its interval: `38 % (12 % to 55 %)`, `over 80 %`, `none`."""
    if math.isnan(s.saving):
        return "–"
    shown = ("over " if s.reach == "more than" else "") + _percent(s.saving)
    if s.reach == "beyond the range":
        shown = f"under {_percent(s.saving)}" if s.saving > 0 else "none"
    if math.isnan(s.low):
        return shown
    low = "" if math.isinf(s.low) else _percent(s.low)
    return (
        f"{shown} ({low} to {_percent(s.high)})" if low else f"{shown} (up to {_percent(s.high)})"
    )


def amount(value: float, unit: Unit) -> str:
    """Labels with their unit: `31 images`, `1.6 hours`."""
    shown = (
        f"{value:,.{1 if value >= 10 else 2}f}"
        if unit == "hours"
        else count(math.ceil(round(value, 6)))
    )
    return f"{shown} {unit}"


def money(value: float, rate: LabourRate) -> str:
    """An amount with its currency."""
    return f"{value:,.2f} {rate.currency}".rstrip()


def _part(u: UnitContest) -> str:
    s = u.saving
    needed, theirs = amount(s.labels, u.unit), amount(s.baseline, u.unit).split()[0]
    if s.reach == "beyond the range":
        return f"more than {needed} instead of {theirs}"
    most = "at most " if s.reach == "more than" else ""
    if math.isnan(s.saving):
        return f"{most}{needed} instead of {theirs}"
    return f"{most}{needed} instead of {theirs} ({_fewer(s)})"


def _fewer(s: LabelSaving) -> str:
    word = "fewer" if s.saving >= 0 else "more"
    least = "at least " if s.reach == "more than" else ""
    known = ""
    if not math.isnan(s.low):
        low = "no lower bound" if math.isinf(s.low) else _percent(s.low).split()[0]
        known = f", 95 % interval of the saving {low} to {_percent(s.high)}"
    return f"{least}{abs(100 * s.saving):.0f} % {word}{known}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %".replace("-", "−")
