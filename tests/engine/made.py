"""Scorers that processes of their own make: importable, and sent there by name."""

import os
import signal

from labelnext.engine import Scorer
from labelnext.errors import LabelnextError
from labelnext.evidence import Scored
from tests.engine.test_local import Logit, Mean, read, rng_of


def plain(samples=0):
    """As in this process."""
    return Scorer(Mean(), Logit(samples), read, rng_of, batch_size=4)


def placed():
    """Scores are the process and the GPU that made them."""

    class Place(Logit):
        def score(self, evidence):
            gpu = int(os.environ.get("CUDA_VISIBLE_DEVICES") or -1)
            return Scored(float(os.getpid() * 100 + gpu))

    return Scorer(Mean(), Place(), read, rng_of)


def unmade():
    """Cannot be made."""
    raise LabelnextError("the weights are gone")


def failing():
    """An error that nobody foresaw, at the first image."""

    class Fails(Logit):
        def score(self, evidence):
            raise ZeroDivisionError("of no use")

    return Scorer(Mean(), Fails(), read, rng_of)


def killed():
    """Its process is ended from outside at one of the images."""

    def fatal(record):
        if record.key == "00700":
            os.kill(os.getpid(), signal.SIGKILL)
        return read(record)

    return Scorer(Mean(), Logit(), fatal, rng_of)
