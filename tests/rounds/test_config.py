"""Settings as they are written: budgets in one spelling, costs, and files of older versions."""

import pytest

from labelnext.errors import LabelnextError
from labelnext.rounds import config, setup
from labelnext.rounds.config import Config

OLD = """
seed = 5
preset = "corrected"
classes = ["person"]
budget = 3
oracle = "simulated"
batch_size = 4
frame_format = "png"
index = ".labelnext/index.sqlite"
train_on = "selected"

[detector]
name = "fire-fpn"
width = 0.1

[strategy]
name = "divergence"
within_cycle = 2

[train]
epochs = 2

[initial]

[evaluation]
subset = "all"
"""


def test_a_file_without_costs_is_equal_to_its_settings_written_now(tmp_path):
    (tmp_path / config.NAME).write_text(OLD)
    old = config.read(tmp_path)
    values = {"seed": 5, "budget": "3 images", "oracle": "simulated", "batch_size": 4,
              "detector": {"name": "fire-fpn", "width": 0.1}, "train": {"epochs": 2},
              "strategy": {"name": "divergence", "within_cycle": 2}}  # fmt: skip
    assert old == setup.configure(values)
    config.write(tmp_path, old)
    assert config.read(tmp_path) == old


@pytest.mark.parametrize(
    ("given", "kept"),
    [(500, 500), ("500", 500), ("1,500 images", 1500), (40.0, 40), ("40h", "40 hours"),
     ("90 min", "1.5 hours"), ("2000 boxes", "2000 boxes"), ("€300", "300 EUR")],
)  # fmt: skip
def test_a_budget_has_one_spelling(tmp_path, given, kept):
    made = setup.configure({"budget": given, "cost": {"rate": "25 EUR/h"}})
    assert made.budget == kept
    assert type(made.budget) is type(kept)
    config.write(tmp_path, made)
    assert config.read(tmp_path) == made
    assert made.with_budget(kept) == made
    if isinstance(kept, int):
        assert made.budget_in_images == kept
    else:
        with pytest.raises(LabelnextError, match="give it in images"):
            _ = made.budget_in_images


@pytest.mark.parametrize("budget", [0, -3, 2.5, True, None, [3], "", "0h", "3 apples", "1,5 h"])
def test_what_is_no_budget_is_refused(budget):
    with pytest.raises(LabelnextError, match=r"The settings are wrong: budget: (must|Input)"):
        setup.configure({"budget": budget})


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        ({"rate": "many"}, "cost.rate: must be money an hour"),
        ({"per_image": -1}, "cost.per_image: .*got -1"),
        ({"per_new_box": float("inf")}, "cost.per_new_box: .*finite"),
        ({"annotators": 0}, "cost.annotators"),
        ({"per_box": 3}, "cost.per_box: Extra inputs"),
    ],
)
def test_wrong_costs_name_their_key(cost, said):
    with pytest.raises(LabelnextError, match=said):
        setup.configure({"cost": cost})


def test_money_needs_a_rate_in_its_currency():
    assert setup.configure({"budget": "300 money", "cost": {"rate": "25"}}).budget == "300 money"
    with pytest.raises(LabelnextError, match=r"--set cost\.rate='25 EUR/h'"):
        Config().with_budget("$300")
    with pytest.raises(LabelnextError, match=r"budget in USD, and cost\.rate in EUR"):
        setup.configure({"budget": "$300", "cost": {"rate": "25 EUR/h"}})
