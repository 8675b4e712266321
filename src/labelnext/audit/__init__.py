"""Replay the loop on labelled data: arms × paired seeds × cycles, each computed once."""

from labelnext.audit.arms import Arm, Chosen, choose, parse
from labelnext.audit.conduct import Conducted, Prepared, buildable, conduct, prepare, workers_for
from labelnext.audit.estimate import Estimate, duration, estimate
from labelnext.audit.fairness import Checked, check
from labelnext.audit.plan import Replay
from labelnext.audit.quick import Quick, quick
from labelnext.audit.replay import Failure, RunsFailedError, replay
from labelnext.audit.sources import index_sources, unlabelled
from labelnext.audit.study import study

__all__ = [
    "Arm", "Checked", "Chosen", "Conducted", "Estimate", "Failure", "Prepared", "Quick", "Replay",
    "RunsFailedError", "buildable", "check", "choose", "conduct", "duration",
    "estimate", "index_sources", "parse", "prepare", "quick", "replay", "study",
    "unlabelled", "workers_for",
]  # fmt: skip
