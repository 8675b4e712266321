"""Made-up studies that hold the arms of a figure."""

from labelnext.audit.paper import Figure
from labelnext.rounds.results import Study
from tests.report.studies import metrics, study


def study_of(figure: Figure, *, cycles: int = 14, seeds: int = 3, **changes) -> Study:
    """Miss rates that fall cycle by cycle, each arm a little lower than the one before it."""
    rates: dict[str, list[list[float]]] = {}
    for place, line in enumerate(figure.lines):
        rates.setdefault(
            line.arm.name,
            [[0.8 - 0.03 * k - 0.02 * place + 0.01 * s for k in range(line.cycles(cycles) + 1)]
             for s in range(seeds)],
        )  # fmt: skip
    values = {"references": {"whole pool": (metrics(0.2), metrics(0.22))}, "pool_images": 1000}
    return study(rates, **{**values, **changes})
