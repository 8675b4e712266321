"""Where work runs: this process, or several on this machine, with images decoded ahead."""

from labelnext.engine.gather import gather, require
from labelnext.engine.local import predict, score
from labelnext.engine.processes import score_side_by_side
from labelnext.engine.scorer import Scorer
from labelnext.engine.stream import Decoded, batches, decode_ahead

__all__ = [
    "Decoded", "Scorer", "batches", "decode_ahead", "gather", "predict", "require", "score",
    "score_side_by_side",
]  # fmt: skip
