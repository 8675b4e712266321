"""What strategies keep of each image until selection: embeddings, perceptual hashes."""

from collections.abc import Callable, Mapping

import imagehash
import numpy as np
from jaxtyping import Float32
from PIL import Image

from labelnext.evidence import Evidence
from labelnext.strategies import seen
from labelnext.strategies.rules import packed

Keep = Callable[[Evidence], Float32[np.ndarray, "_d"] | None]


def perceptual_hash(evidence: Evidence) -> Float32[np.ndarray, "4"]:
    """pHash of the image: 64 bits (STRATEGIES §10)."""
    assert evidence.image is not None
    bits = imagehash.phash(Image.fromarray(evidence.image)).hash.reshape(-1)
    return packed(int.from_bytes(np.packbits(bits).tobytes(), "big"))


def likeness(arguments: Mapping[str, object]) -> dict[str, Keep]:
    """What the rule `similar` compares, by the name under which `Rules` finds it."""
    known: dict[str, Keep] = {"hash": perceptual_hash, "embedding": seen.embedding}
    return {name: keep for name, keep in known.items() if arguments.get("similar") == name}
