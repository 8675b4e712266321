import math
import statistics

import numpy as np
import pytest

from labelnext.audit.judge import stopping
from labelnext.errors import ArgumentError
from labelnext.evaluate.returns import next_return, suggest_stop
from labelnext.rounds.results import Study
from tests.report.studies import result, runs, study

INITIAL = 30


def falling(seeds: int, cycles: int, *, noise: float, floor: float = 0.25) -> Study:
    """A power law over all labels, with noise."""
    rng = np.random.default_rng(2)
    results = [
        result(
            arm, s, c, float(floor + 0.5 * (1 + 10 * c / INITIAL) ** -1.0 + rng.normal(0, noise))
        )
        for arm in ("a", "random")
        for s in range(seeds)
        for c in range(cycles + 1)
    ]
    return study({}, results=tuple(results), initial_images=INITIAL)


def rates(made: Study, arm: str, seed: int) -> list[float]:
    mine = sorted(
        (r for r in made.results if (r.arm, r.seed) == (arm, seed)), key=lambda r: r.cycle
    )
    return [r.metrics.miss_rate_at_fppi_1 for r in mine if r.metrics]


def test_predictions_and_stops_match_a_plain_replay() -> None:
    made = falling(1, 9, noise=0.002)
    found = stopping(made, prices=(0.02,))
    assert found is not None
    errors, inside, stops = [], 0, []
    for arm in ("a", "random"):
        for seed in range(1):
            values = rates(made, arm, seed)
            history = []
            for k in range(4, 9):
                labels = [INITIAL + 10 * c for c in range(k + 1)]
                kinds = [
                    next_return(
                        labels, values[: k + 1], 10, lower_is_better=True,
                        rng=np.random.default_rng(k), draws=300, new_measurement=new,
                    )
                    for new in (False, True)
                ]  # fmt: skip
                came = values[k] - values[k + 1]
                errors.append(kinds[0].gain - came)
                inside += kinds[1].low <= came <= kinds[1].high
                history.append(kinds[0])
                if suggest_stop(history, 0.02).stop and (arm, seed) not in [s[:2] for s in stops]:
                    stops.append((arm, seed, k, values[k] - values[-1]))
    every = found.predicted[0]
    assert (every.arm, every.predictions, every.inside) == ("", 10, inside)
    assert every.error == pytest.approx(statistics.mean(errors))
    assert every.size == pytest.approx(statistics.mean(map(abs, errors)))
    (stop,) = found.stopped
    assert (stop.runs, stop.stopped) == (2, len(stops))
    assert len(stops) > 0
    assert stop.cycle == pytest.approx(statistics.mean(s[2] for s in stops))
    assert stop.saved["images"] == pytest.approx(statistics.mean(10 * (9 - s[2]) for s in stops))
    assert stop.lost == pytest.approx(statistics.mean(s[3] for s in stops))
    assert stop.worst == pytest.approx(max(s[3] for s in stops))


def test_intervals_hold_about_ninety_percent_of_what_comes() -> None:
    found = stopping(falling(5, 7, noise=0.01))
    assert found is not None
    every, *arms = found.predicted
    assert every.predictions == sum(p.predictions for p in arms) == 2 * 5 * 3
    assert 0.73 <= every.inside / every.predictions <= 1
    assert abs(every.error) < 0.01


def test_a_higher_price_stops_more_runs_and_sooner() -> None:
    found = stopping(falling(1, 9, noise=0.001), prices=(0.1, 0.02, 0.0))
    assert found is not None
    dear, cheap, free = found.stopped
    assert dear.stopped >= cheap.stopped >= free.stopped == 0
    assert dear.cycle <= cheap.cycle
    assert dear.saved["images"] >= cheap.saved["images"]
    assert math.isnan(free.cycle)
    assert math.isnan(free.worst)


def test_too_few_cycles_are_no_error_and_the_start_is_left_out_where_its_labels_are_unknown() -> (
    None
):
    assert stopping(study({"a": runs(0.4, 2)})) is None
    assert stopping(study({})) is None
    known = stopping(falling(1, 6, noise=0.001))
    made = falling(1, 6, noise=0.001)
    unknown = stopping(study({}, results=made.results))
    assert known is not None
    assert unknown is not None
    assert known.predicted[0].predictions == 2 * 2
    assert unknown.predicted[0].predictions == 2 * 1


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ArgumentError, match="metric"):
        stopping(study({}), metric="x")
    with pytest.raises(ArgumentError, match="prices"):
        stopping(study({}), prices=(-1,))
