"""A worker ends with the process that made it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
import os, sys, time
from tongqu.base.processes import end_with_parent
child = os.fork()
if child == 0:
    end_with_parent()
    os.write(1, f"{os.getpid()} ".encode())
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the system ends no children of a killed process")
def test_a_worker_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(b"".join(iter(lambda: parent.stdout.read(1), b" ")))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        if ") Z " in Path(f"/proc/{child}/stat").read_text(encoding="utf-8"):
            return
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the worker is still there")
