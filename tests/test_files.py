"""Files are written whole or not at all; a full disk is an error that loses nothing."""

import resource
import signal
import subprocess
import sys
import textwrap

import pytest

from labelnext.errors import ProjectError
from labelnext.files import write_atomic, write_text
from labelnext.store.lock import exclusive


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "f.txt"
    write_text(path, "old")

    def half(temporary):
        temporary.write_text("ne")
        raise RuntimeError("died")

    with pytest.raises(RuntimeError):
        write_atomic(path, half)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["f.txt"]


def test_a_full_disk_is_said_and_the_old_file_stays(tmp_path):
    path = tmp_path / "f.txt"
    write_text(path, "old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(ProjectError, match="disk is full"):
            write_text(path, "x" * 1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["f.txt"]


def test_a_second_process_is_told_who_holds_the_project(tmp_path):
    lock = tmp_path / "shop" / ".labelnext" / "lock"
    script = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from labelnext.store.lock import exclusive
        with exclusive(Path({str(lock)!r})):
            print("held", flush=True)
            sys.stdin.read()
    """)
    holder = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ProjectError, match=f"in use by process {holder.pid}"), exclusive(lock):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with exclusive(lock):
        pass
