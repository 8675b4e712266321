"""What strategies keep of each image until selection: embeddings, perceptual hashes."""

from collections.abc import Callable, Mapping

import imagehash
import numpy as np
from jaxtyping import Float32
from PIL import Image

from labelnext.errors import LabelnextError
from labelnext.evidence import Evidence
from labelnext.strategies.rules import packed

Keep = Callable[[Evidence], Float32[np.ndarray, "_d"] | None]


def embedding(evidence: Evidence) -> Float32[np.ndarray, "_d"]:
    """The detector's own embedding of the image.

    Raises:
        LabelnextError: The detector gives none.
    """
    found = None if evidence.prediction is None else evidence.prediction.embedding
    if found is None:
        raise LabelnextError(
            "The strategy compares images by the detector's embedding, and this detector gives "
            "none. Use a strategy that needs scores alone, such as divergence or box-entropy."
        )
    return found


def perceptual_hash(evidence: Evidence) -> Float32[np.ndarray, "4"]:
    """pHash of the image: 64 bits (STRATEGIES §10)."""
    assert evidence.image is not None
    bits = imagehash.phash(Image.fromarray(evidence.image)).hash.reshape(-1)
    return packed(int.from_bytes(np.packbits(bits).tobytes(), "big"))


def likeness(arguments: Mapping[str, object]) -> dict[str, Keep]:
    """What the rule `similar` compares, by the name under which `Rules` finds it."""
    known: dict[str, Keep] = {"hash": perceptual_hash, "embedding": embedding}
    return {name: keep for name, keep in known.items() if arguments.get("similar") == name}
