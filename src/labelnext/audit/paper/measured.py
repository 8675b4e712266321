"""How fast this machine scores and trains, for Fig. 4 with one's own times."""

from dataclasses import replace

from labelnext import presets
from labelnext.audit.estimate import taste
from labelnext.audit.paper.figures import DIVERGENCE
from labelnext.audit.replay import Replay
from labelnext.cost import Machine
from labelnext.errors import LabelnextError
from labelnext.rounds.config import Config


def measure(plan: Replay) -> Machine:
    """Score with divergence and train on a few images of the pool, in this process.

    Args:
        plan: Its index holds a labelled pool; its settings say detector and training.

    Raises:
        LabelnextError: The pool has no labels, or the detector cannot be trained or scored with.
    """
    arm = DIVERGENCE.arm
    rates = taste(replace(plan, arms=(arm,)), [arm.name], workers=0)
    if arm.name in rates.refused:
        raise LabelnextError(f"Scoring cannot be timed: {rates.refused[arm.name]}")
    if not rates.train > 0:
        raise LabelnextError(
            "Training cannot be timed: it takes a labelled pool and a detector that can be "
            "trained. Leave --measured out for the paper's times."
        )
    epochs = _epochs(plan.config)
    return Machine(rates.score[arm.name], rates.train / max(1, epochs), epochs)


def _epochs(config: Config) -> int:
    """T of each training; 1 for a detector whose trainings are not counted in epochs."""
    own = presets.get(config.preset).fit if config.detector.name == "fire-fpn" else {}
    epochs = {**own, **config.train}.get("epochs", 1)
    return epochs if isinstance(epochs, int) else 1
