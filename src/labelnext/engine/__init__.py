"""Where work runs: today one process, with images decoded ahead in threads."""

from labelnext.engine.local import predict, score
from labelnext.engine.stream import decode_ahead

__all__ = ["decode_ahead", "predict", "score"]
