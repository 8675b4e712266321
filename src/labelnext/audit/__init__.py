"""Replay the loop on labelled data: arms × paired seeds × cycles, each computed once."""

from labelnext.audit.arms import Arm, parse
from labelnext.audit.replay import Replay, replay
from labelnext.audit.sources import index_sources
from labelnext.audit.study import study

__all__ = ["Arm", "Replay", "index_sources", "parse", "replay", "study"]
