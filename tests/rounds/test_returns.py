"""The forecast of a project: curve, price, goal, words, JSON; planted and real projects."""

import json
import shutil
from pathlib import Path

import pytest

from labelnext.errors import ArgumentError, LabelnextError
from labelnext.rounds import loop, setup
from labelnext.rounds.outlook import returns
from labelnext.rounds.overview import opened
from tests.cli.test_commands import labelnext
from tests.rounds.planted import cycle, one_box, planted, scored
from tests.rounds.scenes import project

FLAT = [0.6, 0.5, 0.45, 0.44, 0.44, 0.44, 0.44, 0.44, 0.44]
STEEP = [0.9, 0.82, 0.75, 0.69, 0.62, 0.56]


def ahead(folder: Path, **options: float) -> returns.Forecast:
    with opened(folder) as shop:
        return returns.forecast(shop, **options)


def made(tmp_path: Path, rates: list[float | None], **values: object) -> Path:
    return planted(tmp_path / "shop", tmp_path / "data", rates, **values)


def test_a_steep_curve_goes_on(tmp_path):
    seen = ahead(made(tmp_path, STEEP, stop={"price": 0.5}), target=0.5)
    assert (seen.cycle, seen.points, seen.miss_rate, seen.batch) == (5, 6, 0.56, 4)
    found = seen.expected
    # 4 images with 2 objects each: 4 × (5 + 2 × 10) s
    assert found.hours == pytest.approx(100 / 3600)
    assert found.curve.last == 6 + 20
    assert 0 < found.gain.low < found.gain.gain < found.gain.high < 0.06
    assert found.per_hour.gain == pytest.approx(found.gain.gain * 36)
    assert not seen.suggestion.stop
    assert "may lower the miss rate by up to" in seen.suggestion.why
    assert "6 points are few" in seen.suggestion.sure
    assert 0 < seen.goal.images < 10
    assert seen.successive is None


def test_a_flat_curve_stops_when_two_rounds_say_so(tmp_path):
    said = []
    with opened(made(tmp_path, [], stop={"price": 0.5}), writing=True) as shop:
        for number, rate in enumerate(FLAT):
            cycle(shop, number, rate)
            said.append(returns.forecast(shop).suggestion)
    assert not any(s.stop for s in said[:4])
    assert "too few for a curve" in said[3].why
    first = [s.stop for s in said].index(True)
    assert "the cycle before said so too" in said[first].why
    assert "the cycle before did not say so" in said[first - 1].why
    assert all(s.stop for s in said[first:])
    assert said[-1].sure.startswith("0 % of the curves that fit the 9 points")


def test_without_a_price_the_curve_is_told_and_nothing_is_judged_by_it(tmp_path):
    seen = ahead(made(tmp_path, FLAT))
    assert seen.expected is not None
    assert seen.price is None
    assert not seen.suggestion.stop
    assert seen.suggestion.why.startswith("no price is set (stop.price")


@pytest.mark.parametrize("rates", [[None] * 4, [0.6, 0.6, 0.6, 0.6]])
def test_below_five_points_or_without_a_test_set_detectors_that_agree_stop(tmp_path, rates):
    folder = made(tmp_path, rates[:1])
    with opened(folder, writing=True) as shop:
        for number in (1, 2, 3, 4):
            left = {r.key for r in shop.index.records("pool")} - shop.ledger.blocked()
            scored(shop, number, {key: one_box(3) for key in left})
            assert not returns.forecast(shop).suggestion.stop or number == 4
            if number < 4:
                cycle(shop, number, rates[number])
        seen = returns.forecast(shop)
    assert seen.expected is None
    assert seen.suggestion.stop
    assert "the last 4 detectors agree on 68 pool images" in seen.suggestion.why
    assert "0.040 at most" in seen.suggestion.sure
    start = "there is no miss rate" if rates[0] is None else "4 measured cycles are too few"
    assert seen.suggestion.why.startswith(start)
    assert returns.as_dict(seen)["agreement"] == {"images": 68, "values": [1.0, 1.0, 1.0]}


def test_an_initial_detector_of_other_images_is_no_point_of_the_curve(tmp_path):
    """After its miss rate of .95 a curve through it has levelled off where the others fall."""
    rates = [0.95, 0.5, 0.46, 0.42, 0.39, 0.36]
    seen = ahead(made(tmp_path, rates, train_on="selected"))
    assert seen.points == 5
    assert (seen.expected.curve.first, seen.expected.curve.last) == (4, 20)
    both = ahead(made(tmp_path / "all", rates))
    assert both.points == 6
    assert both.expected.curve.first == 6
    assert seen.expected.gain.gain > 0.015 > 0.01 > both.expected.gain.gain


def test_nothing_left_to_pick(tmp_path):
    folder = made(tmp_path, STEEP[:1])
    with opened(folder, writing=True) as shop:
        for number in range(1, 21):
            cycle(shop, number, 0.5)
        seen = returns.forecast(shop)
    assert (seen.batch, seen.expected, seen.suggestion.stop) == (0, None, True)
    assert "no image of the pool" in returns.line(seen)


def test_the_last_images_of_a_pool_are_a_small_batch(tmp_path):
    folder = made(tmp_path, STEEP, budget=1000)
    assert ahead(folder).batch == 80 - 20
    assert ahead(folder).expected.images == 26  # as far as the curve reaches


def test_nothing_evaluated_yet(tmp_path):
    seen = ahead(made(tmp_path, []))
    assert (seen.cycle, seen.points, returns.lines(seen)) == (None, 0, [])


def test_the_same_at_every_call_and_after_every_stop(tmp_path):
    """Going on after a copy gives what one undisturbed run gives."""
    whole = made(tmp_path, STEEP, stop={"price": 0.5})
    part = made(tmp_path / "part", STEEP[:5], stop={"price": 0.5})
    before = returns.as_dict(ahead(part))
    assert before == returns.as_dict(ahead(part))
    shutil.copytree(part, tmp_path / "copy")
    with opened(tmp_path / "copy", writing=True) as shop:
        cycle(shop, 5, STEEP[5])
    after = returns.as_dict(ahead(tmp_path / "copy"))
    assert after == returns.as_dict(ahead(whole))
    assert after != before


def test_the_sentences(tmp_path):
    folder = made(tmp_path, STEEP, stop={"price": 0.5})
    told = returns.lines(ahead(folder, target=0.5))
    assert len(told) == 5
    assert told[0].startswith(
        "The next batch (4 images, 2 min of labelling) is expected to lower the miss rate at FPPI "
        "1 by 0.0"
    )
    assert told[2].startswith("For a miss rate of 0.5: about ")
    assert told[3].startswith("Go on: an hour of labelling may lower")
    assert "beyond what a curve can say" in returns.lines(ahead(folder, target=0.01))[2]
    assert "the curve is there already" in returns.lines(ahead(folder, target=0.85))[2]
    assert returns.line(ahead(folder)).startswith(
        "Cycle 5, miss rate 0.560, by the next batch −0.0"
    )


def test_machines_get_numbers_or_null(tmp_path):
    folder = made(tmp_path, STEEP, stop={"price": 0.5})
    got = json.loads(json.dumps(returns.as_dict(ahead(folder, target=0.01)), allow_nan=False))
    assert got["target"]["images"] is None
    assert got["suggestion"] == "go on"
    batch = got["next_batch"]
    assert batch["images"] == 4
    assert batch["measured_gain"]["low"] < batch["gain"]["low"] <= batch["gain"]["value"]
    assert batch["gain_per_hour"]["value"] == pytest.approx(batch["gain"]["value"] * 36)


def test_settings_and_arguments_are_checked(tmp_path):
    for price in (0, -1, "much"):
        with pytest.raises(LabelnextError, match=r"stop\.price"):
            setup.configure({"stop": {"price": price}})
    folder = made(tmp_path, STEEP[:2])
    for target in (0, 1, 40):
        with pytest.raises(ArgumentError, match="'target'"):
            ahead(folder, target=target)


def test_commands(tmp_path):
    folder = made(tmp_path, STEEP, stop={"price": 0.5})
    text = labelnext("status", "-C", folder, "--target", "0.4").stdout
    assert "The next batch (4 images" in text
    assert all(line in text for line in returns.lines(ahead(folder, target=0.4)))
    assert "For a miss rate of 0.4" in text
    got = json.loads(labelnext("status", "-C", folder, "--json").stdout)
    assert got["forecast"] == json.loads(json.dumps(returns.as_dict(ahead(folder))))
    assert "'target'" in labelnext("status", "-C", folder, "--target", "7", ok=False).stderr


def test_a_real_project_from_the_first_cycle_on(tmp_path):
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    folder = project(tmp_path / "shop", tmp_path / "data", train={"epochs": 1}, budget=2,
                     train_on="all")  # fmt: skip
    done = labelnext("run", "-C", folder, "--cycles", "2", "--no-report", "--json")
    told = [line for line in done.stderr.splitlines() if line.startswith("Cycle ")]
    assert [line.split(",")[0] for line in told] == ["Cycle 1", "Cycle 2"]
    assert "too few for a curve" in told[0]
    assert len(json.loads(done.stdout)["cycles"]) == 3
    with opened(folder, writing=True) as shop:
        numbers: list[int] = []
        loop.run(shop, 4, finished=numbers.append)
        seen = returns.forecast(shop)
    assert numbers == [3, 4]
    assert (seen.points, seen.cycle) == (5, 4)
    assert seen.expected is not None
    assert seen.expected.gain.low >= 0
