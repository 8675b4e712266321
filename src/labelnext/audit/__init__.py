"""Replay the loop on labelled data: arms × paired seeds × cycles, each computed once."""

from labelnext.audit.arms import Arm, Chosen, choose, parse
from labelnext.audit.estimate import Estimate, duration, estimate
from labelnext.audit.fairness import Checked, check
from labelnext.audit.plan import Replay
from labelnext.audit.quick import Quick, quick
from labelnext.audit.replay import Failure, RunsFailedError, replay
from labelnext.audit.sources import index_sources
from labelnext.audit.study import study
from labelnext.audit.workers import default_workers

__all__ = [
    "Arm", "Checked", "Chosen", "Estimate", "Failure", "Quick", "Replay", "RunsFailedError",
    "check", "choose", "default_workers", "duration", "estimate", "index_sources", "parse", "quick",
    "replay", "study",
]  # fmt: skip
