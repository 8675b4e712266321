"""This machine's times for Fig. 4."""

from dataclasses import replace

import pytest

from labelnext.audit.paper import measure
from labelnext.errors import LabelnextError
from labelnext.rounds.setup import configure


def test_times_are_measured_on_the_pool(make):
    plan = make()
    machine = measure(plan)
    assert machine.score_seconds > 0
    assert machine.train_seconds > 0
    assert machine.epochs == 1


def test_epochs_are_the_settings_own(make):
    plan = make()
    config = plan.config.model_copy(update={"train": {"epochs": 5}})
    assert measure(replace(plan, config=config)).epochs == 5


def test_a_detector_that_is_not_trained_has_no_times(make):
    plan = replace(make(), config=configure({"detector": {"name": "none"}}))
    with pytest.raises(LabelnextError, match="cannot be timed"):
        measure(plan)
