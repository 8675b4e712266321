"""One vector an image out of a feature map, for strategies that look for variety."""

import numpy as np
from jaxtyping import Float, Float32


def pooled(
    features: Float[np.ndarray, "n d h w"], weight: Float[np.ndarray, "n h w"]
) -> Float32[np.ndarray, "n d2"]:
    """The mean of the features, then their mean weighted by place, each of length 1.

    Args:
        features: Of the deepest layer, cut to the image.
        weight: 0 or more, not 0 everywhere: how likely there is anything at each place.
    """
    exact = features.astype(np.float64)
    share = weight / weight.sum((1, 2), keepdims=True)
    both = (exact.mean((2, 3)), np.einsum("nchw,nhw->nc", exact, share))
    units = [v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-12) for v in both]
    return np.concatenate(units, 1).astype(np.float32)
