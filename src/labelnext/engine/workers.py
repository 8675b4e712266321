"""Processes that work side by side, each with its share of the processor."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

from labelnext.errors import LabelnextError
from labelnext.machine import available_cpus, memory, visible_gpus

T = TypeVar("T")
R = TypeVar("R")

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_MOST_ON_ONE_GPU = 4  # beyond that they wait for each other and for its memory
_MEMORY = 3 * 2**30  # bytes that a worker may well take while it trains


def default_workers(runs: int, *, device: object = "auto") -> int:
    """As many processes as there are CPUs, runs, and memory for; few where they share a GPU.

    Args:
        runs: Projects that can run side by side.
        device: Where the detector computes; `cpu` does not look for a GPU.
    """
    most = [available_cpus(), max(1, runs), max(1, _free_memory() // _MEMORY)]
    if device != "cpu" and visible_gpus():
        most.append(_MOST_ON_ONE_GPU)
    return min(most)


@contextmanager
def worker_pool(
    workers: int, begin: Callable[..., None] | None = None, *given: Any
) -> Iterator[Executor]:
    """Processes that start fresh, each with its share of the cores; with 0, this process itself.

    Args:
        workers: How many.
        begin: Called first in each process, with what is given; it must not raise.
        given: For `begin`.
    """
    if workers == 0:
        if begin is not None:
            begin(*given)
        yield _Here()
        return
    share = str(max(1, available_cpus() // workers))
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, share))
    try:
        with ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=_start,
            initargs=(os.getpid(), begin, given),
        ) as pool:  # fmt: skip
            yield pool
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def told(function: Callable[[T], R], argument: T) -> R:
    """Call a function so that whatever goes wrong can be sent to another process.

    Raises:
        LabelnextError: Anything went wrong: what was said, after the kind of an error that nobody
            foresaw (of a plug-in, most often).
    """
    try:
        return function(argument)
    except LabelnextError as error:
        raise LabelnextError(str(error)) from None
    except Exception as error:
        raise LabelnextError(f"{type(error).__name__}: {error}") from error


class _Here(Executor):
    """Does what is submitted at once."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def _free_memory() -> int:
    """Bytes that can be had without swapping; where that is not known, enough."""
    return memory()[1] or 2**40


def _start(parent: int, begin: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    _end_with(parent)
    if begin is not None:
        begin(*given)


def _end_with(parent: int) -> None:
    """End this worker soon after its parent, which may be killed without a word."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
