"""How to train: what every trainable detector takes (`fit`), with the paper's values (PAPER §5)."""

from dataclasses import dataclass
from typing import ClassVar

from labelnext.detectors.common.arguments import Checker


@dataclass(frozen=True, slots=True)
class Options:
    """Options of `fit`; a detector may add its own and have other defaults.

    Attributes:
        epochs: Passes over the examples.
        batch_size: Images per step, of any sizes.
        optimiser: `rmsprop` or `adamw`.
        learning_rate: At the first step.
        final_learning_rate: At the last step.
        schedule: `exponential` or `cosine` from the one to the other.
        warmup: Share of all steps over which the rate rises from 0.
        decay: Of RMSProp's mean square.
        momentum: Of RMSProp at the first step; the authors' program ran 0.01 → 1e-4.
        final_momentum: Annealed to by the last step, exponentially; None keeps `momentum`.
        weight_decay: λ of Eq. 7, on kernels and matrices; AdamW decouples it.
        augment: Chance that an image is changed by one operation.
        flip_share: Share of flips among the operations.
        scale_jitter: Zoom by up to this factor, in or out; 1 is off.
        ignore_regions: Exclude the area of `ignore` objects from the loss. False treats them as
            background, as the authors' program does.
        average: Decay of the moving average of the weights that is returned; 0 is off.
        cache_megabytes: Memory for rescaled images, so that they are decoded once.
    """

    FUNCTION: ClassVar[str] = "fit"  # as errors name it

    epochs: int = 50
    batch_size: int = 1
    optimiser: str = "rmsprop"
    learning_rate: float = 1e-3
    final_learning_rate: float = 1e-4
    schedule: str = "exponential"
    warmup: float = 0.0
    decay: float = 0.9
    momentum: float = 0.0
    final_momentum: float | None = None
    weight_decay: float = 2e-6
    augment: float = 0.6
    flip_share: float = 1 / 3
    scale_jitter: float = 1.0
    ignore_regions: bool = True
    average: float = 0.0
    cache_megabytes: float = 512.0

    def __post_init__(self) -> None:
        check = Checker(self.FUNCTION, self)
        check.integer("epochs", 0)
        check.integer("batch_size", 1)
        check.number("learning_rate", 1e-12, 10)
        check.number("final_learning_rate", 1e-12, 10)
        for name in ("warmup", "decay", "momentum", "augment", "flip_share", "average"):
            check.number(name, 0, 1)
        for name in ("weight_decay", "cache_megabytes"):
            check.number(name, 0, 1e9)
        check.number("scale_jitter", 1, 8)
        if self.final_momentum is not None:
            check.number("final_momentum", 1e-12, 1)
            check.number("momentum", 1e-12, 1)
        check.choice("optimiser", ("rmsprop", "adamw"))
        check.choice("schedule", ("exponential", "cosine"))
