"""Dropout divergence: how much stochastic passes contradict each other (BALD; PAPER §2).

The same number for the members of an ensemble (STRATEGIES §3).
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from labelnext.errors import ArgumentError
from labelnext.numerics import Plane, add_entropy
from labelnext.scores.dense import Levels, checked_probabilities, levels_of
from labelnext.types import DenseMaps

Samples = Sequence[DenseMaps] | Float[np.ndarray, "samples levels height width"]


def dropout_divergence(samples: Samples) -> Plane:
    """Mutual information between prediction and dropout mask at each pixel, summed over levels.

    s = Σ_k [H(mean_t p^k_t) − mean_t H(p^k_t)] over the T passes at the same pixel. Several
    classes: as in `local_divergence`. Float32 rounding can leave values down to about −1e-6 where
    passes agree, and these are set to 0.

    Args:
        samples: Dense maps of T stochastic passes over one image, or of one plain pass of each of T
            detectors (a deep ensemble: Lakshminarayanan et al., NeurIPS 2017), or `[T, levels,
            height, width]` probabilities of one class. The paper has T = 30, the authors' code 15;
            an ensemble 3 to 5. One pass gives 0.

    Returns:
        `[height, width]` in nats, from 0 to levels·classes·ln 2 (sigmoid) or levels·ln classes.

    Raises:
        ArgumentError: No samples, samples of different shapes or activations, or one that
            `probabilities` refuses.
    """
    function = "scores.dropout_divergence"
    passes = _passes(samples, function)
    levels, classes, height, width = passes[0].shape
    score, pointwise = np.zeros((2, height, width), np.float32)
    for _ in range(levels):
        mean = np.zeros((classes, height, width), np.float32)
        for one in passes:  # one plane at a time: T full-size stacks can fill the memory
            p = next(one.planes)
            mean += p
            add_entropy(p, one.activation, pointwise)
        mean /= np.float32(len(passes))
        add_entropy(mean, passes[0].activation, score)
    score -= pointwise / np.float32(len(passes))
    return np.maximum(score, np.float32(0), out=score)


def _passes(samples: Samples, function: str) -> list[Levels]:
    if isinstance(samples, np.ndarray):
        array = checked_probabilities(samples, function, "samples", ndim=4)
        return [levels_of(one, function, "samples") for one in array]
    passes = [levels_of(one, function, "samples") for one in samples]
    if len({(one.activation, one.shape) for one in passes}) != 1:
        kinds = sorted({f"{one.activation} {one.shape}" for one in passes})
        raise ArgumentError(
            function,
            "samples",
            expected="one or more passes over one image, all of one shape and activation",
            got=", ".join(kinds) or "no passes",
            remedy="Pass what Stochastic.sample returns for one image.",
        )
    return passes
