"""Where work runs: today one process, with images decoded ahead in threads."""

from labelnext.engine.gather import gather, require
from labelnext.engine.local import predict, score
from labelnext.engine.stream import Decoded, batches, decode_ahead

__all__ = ["Decoded", "batches", "decode_ahead", "gather", "predict", "require", "score"]
