"""A quick audit: cut down for all arms alike, in its own folder, chosen once, and it says so."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from labelnext import audit
from labelnext.audit.measure import Rates
from labelnext.audit.quick import CUTS, _fitting, _smaller, cut_down
from labelnext.audit.rates import Counts
from labelnext.errors import LabelnextError
from labelnext.rounds import setup
from labelnext.rounds.overview import opened
from labelnext.store.index import Index

WHOLE = Counts(300, 5000, 2000)


def full(folder, **changes):
    values = {"detector": {"name": "fire-fpn", "image_scale": 0.5}, "budget": 500, **changes}
    arms = tuple(map(audit.parse, ("divergence", "random", "random[budget=1000]")))
    return audit.Replay(folder, setup.configure(values), arms, tuple(range(8)), 14)


def test_cuts_grow_harder():
    for mild, hard in pairwise(CUTS):
        sizes = [(c.epochs, c.initial, c.pool, c.test) for c in (mild, hard)]
        assert all(b <= a for a, b in zip(*sizes, strict=True))
        assert sizes[0] != sizes[1]


def test_everything_is_cut_and_budgets_by_one_factor(tmp_path):
    plan = cut_down(full(tmp_path), CUTS[3], WHOLE)
    assert (plan.seeds, plan.cycles) == ((0, 1, 2), 4)
    assert plan.config.train == {"epochs": 25}
    assert [plan.budget(arm) for arm in plan.arms] == [12, 12, 25]  # 400 / 16 for the largest
    assert 4 * 25 <= 400 / 4
    own = cut_down(full(tmp_path, train={"epochs": 6}, initial={"epochs": 16}), CUTS[4], WHOLE)
    assert own.config.train["epochs"] == 4  # not fewer than four
    assert own.config.initial == {"epochs": 4}


def test_what_is_small_already_stays(tmp_path):
    plan = replace(full(tmp_path, budget=3), arms=(audit.parse("random"),), seeds=(4,), cycles=2)
    kept = cut_down(plan, CUTS[0], Counts(10, 100, 20))
    assert (kept.config, kept.arms, kept.seeds, kept.cycles) == (
        plan.config, plan.arms, (4,), 2
    )  # fmt: skip


@pytest.mark.parametrize("minutes", [1, 10, 30, 60, 100_000])
def test_the_mildest_cut_that_fits_is_taken(tmp_path, minutes):
    rates = Rates(2.0, 2.0, 0.02, {"divergence": 0.05, "random": 0.0})
    plan = full(tmp_path)
    chosen = _fitting(plan, WHOLE, rates, 2, minutes)
    seconds = []
    for cut in CUTS:
        mine = cut_down(plan, cut, WHOLE)
        share = mine.config.train.get("epochs", 50) / 50
        trained = sum(mine.budget(arm) * c for arm in mine.arms for c in range(1, 5))
        scored = sum(min(5000, cut.pool) - mine.config.budget * c for c in range(4))
        tests = min(2000, cut.test) * (1 + 4 * 3)
        per_seed = 2 * share * (min(300, cut.initial) + trained) + 0.05 * scored + 0.02 * tests
        seconds.append(3 * per_seed / 2)
    fits = [cut for cut, s in zip(CUTS, seconds, strict=True) if s <= 60 * minutes]
    assert chosen == (fits[0] if fits else CUTS[-1])
    if minutes in (1, 100_000):
        assert chosen == CUTS[-1 if minutes == 1 else 0]


def test_a_quick_audit_never_touches_the_full_one(make):
    plan = make("random", "coin", seeds=2, cycles=9, pool=160, test=8)
    audit.replay(replace(plan, seeds=(0,), cycles=1), workers=0)
    before = {f: f.read_bytes() for f in plan.folder.rglob("*.toml")}
    found = audit.quick(plan, workers=0, minutes=30)
    assert found.plan.folder == plan.folder / "quick"
    assert (len(found.plan.seeds), found.plan.cycles, found.plan.config.budget) == (2, 4, 5)
    audit.replay(found.plan, workers=0)
    assert audit.check(found.plan).problems == ()
    assert {f: f.read_bytes() for f in before} == before
    assert len(list(found.plan.folder.rglob("*.toml"))) == 6
    with opened(plan.initial_folder(0)) as project:
        assert len(project.index.records("pool")) == 160


def test_the_choice_is_made_once(make):
    plan = make("random", seeds=1, pool=160)
    first = audit.quick(plan, workers=0, minutes=0.0001)
    with Index.open(first.plan.index) as index:
        assert len(index.records("pool")) == CUTS[-1].pool
        assert len(index.records("test")) == 8
    again = audit.quick(plan, workers=0, minutes=1000)
    assert again.plan == first.plan
    settings = dict(first.settings["quick"])
    assert settings["pool images"] == "120 of 160"
    assert settings["seeds"] == "1 of 1"
    said = first.settings["certainty"]
    assert said.startswith("1 seed cannot bring p below 1; a difference could be proven from 6 ")
    assert "every 1.3th image" in said
    assert "Riedlinger" in said
    assert not math.isnan(first.estimate.seconds)


def test_images_at_half_size_are_another_detector(tmp_path):
    own = _smaller(full(tmp_path).config)
    assert own.detector.arguments == {"image_scale": 0.25, "box_scale": 0.5}
    assert _smaller(setup.configure({})).detector.arguments == {
        "image_scale": 0.5, "box_scale": 0.5
    }  # fmt: skip
    for detector in ({"name": "none"}, {"name": "fire-fpn", "box_scale": 0.15}):
        config = setup.configure({"detector": detector})
        assert _smaller(config) == config


def test_a_folder_of_another_detector_is_refused(make):
    plan = make("random", seeds=1)
    audit.quick(plan, workers=0)
    other = replace(plan, config=setup.configure({"budget": 5}))
    with pytest.raises(LabelnextError, match="with another detector"):
        audit.quick(other, workers=0)
