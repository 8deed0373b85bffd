"""The supervisor, with small real children: they are killed, fail, hang and lose their supervisor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]

SUPERVISOR = """
import json, os, sys
from app.kit.errors import OperatorError
from app.kit.supervisor import ChildProcess, Lifeline, StopSignals, Supervisor, stop_children

say = lambda line: print(line, flush=True)
with StopSignals() as signals:
    lifeline = Lifeline()
    supervisor = Supervisor(signals, say, lambda: None)
    children = []
    for child in json.loads(sys.argv[1]):
        children.append(ChildProcess(child["name"], child["command"], dict(os.environ), lifeline))
        supervisor.add(children[-1], essential=child.get("essential", False))
    say("up")
    try:
        supervisor.run(until=(lambda: False) if "starting" in sys.argv else None)
    except OperatorError as error:
        say(error.message)
    finally:
        stop_children(children, seconds=1)
say("down")
"""

SLEEPER = "import time; print('child', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('child', flush=True); time.sleep(60)"
# Ignores the kernel's word, so that only the pipe can tell it; the grace is cut short.
WATCHER = """
import signal, time
signal.signal(15, signal.SIG_IGN)
from app.kit.supervisor import exit_when_parent_dies
exit_when_parent_dies(grace_seconds=0.2)
print('child', flush=True); time.sleep(60)
"""


class Run:
    """A supervisor in a process of its own, as the leader of its group, like a shell's foreground command."""

    def __init__(self, *children: dict[str, object], phase: str = "started", **options: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", SUPERVISOR, json.dumps(children), phase],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            process_group=0,
            **options,
        )
        assert self.process.stdout is not None
        self.output = self.process.stdout

    def read_until(self, word: str) -> str:
        for line in map(str, self.output):
            if word in line:
                return line.strip()
        raise AssertionError(f"“{word}” was not said")

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def supervise() -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*children: dict[str, object], **options: Any) -> Run:
        runs.append(Run(*children, **options))
        return runs[-1]

    yield start
    for run in runs:
        run.process.kill()
        run.process.wait()
        run.output.close()


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stop_signals_leave_no_process(supervise: Callable[..., Run], number: signal.Signals) -> None:
    run = supervise(
        {"name": "one", "command": python(SLEEPER)},
        {"name": "two", "command": python(STUBBORN)},
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # whoever runs the tests may ignore it
    )
    run.read_until("child")
    run.read_until("child")
    children = run.children()
    assert len(children) == 2
    os.killpg(run.process.pid, number)  # as the terminal does
    time.sleep(0.1)
    os.killpg(run.process.pid, number)  # an impatient second time
    run.read_until("down")
    assert run.process.wait(5) == 0
    assert not any(child.is_running() for child in children)


def test_nohup_is_respected(supervise: Callable[..., Run]) -> None:
    run = supervise(
        {"name": "one", "command": python(SLEEPER)}, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    run.read_until("child")
    run.process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        run.process.wait(0.3)


def test_killed_child_is_started_again_with_growing_pauses(supervise: Callable[..., Run]) -> None:
    run = supervise({"name": "web server", "command": python(SLEEPER)})
    for pause in ("0.2", "0.4", "0.8"):
        run.read_until("child")
        run.children()[0].kill()
        assert run.read_until("ended") == f"The web server has ended (signal SIGKILL); starting it again in {pause} s."
    run.read_until("child")


def test_wrong_configuration_of_an_essential_child_ends_it_all(supervise: Callable[..., Run]) -> None:
    run = supervise(
        {"name": "worker", "command": python(SLEEPER)},
        {"name": "web server", "command": ["sh", "-c", "exit 3"], "essential": True},
        phase="starting",
    )
    run.read_until("child")
    children = run.children()
    run.read_until("The web server cannot start: correct what it says above")
    run.read_until("down")
    run.process.wait(5)
    assert not any(child.is_running() for child in children)


def test_wrong_configuration_otherwise_leaves_the_rest_running(supervise: Callable[..., Run]) -> None:
    """Of another child, or once all was started: a database that is away for a while must not end the service."""
    runs = [
        supervise(
            {"name": "web server", "command": python(SLEEPER)},
            {"name": "worker", "command": ["sh", "-c", "exit 3"], "essential": essential},
            phase=phase,
        )
        for essential, phase in ((False, "starting"), (True, "started"))
    ]
    for run in runs:
        for pause in ("0.2", "0.4", "0.8", "1.6", "3.2"):
            assert run.read_until("ended") == f"The worker has ended (exit code 3); starting it again in {pause} s."
        assert run.process.poll() is None
        assert len(run.children()) == 1


def test_command_that_cannot_be_started(supervise: Callable[..., Run]) -> None:
    run = supervise({"name": "worker", "command": ["/no/such/program"]}, {"name": "one", "command": python(SLEEPER)})
    run.read_until("The worker cannot be started (No such file or directory).")
    run.read_until("child")


@pytest.mark.parametrize(
    "code",
    [pytest.param(SLEEPER, marks=pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help")), WATCHER],
)
def test_children_end_with_a_killed_supervisor(supervise: Callable[..., Run], code: str) -> None:
    run = supervise({"name": "one", "command": python(code)})
    run.read_until("child")
    children = run.children()
    run.process.kill()
    run.process.wait()
    assert not psutil.wait_procs(children, timeout=5)[1]


FINALISED = """
import os, signal, time
from app.kit.supervisor import Interrupted, StopSignals

class Going:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)  # the handler runs here, where nothing can be raised

with StopSignals() as signals:
    try:
        with signals.raising():
            Going()
            time.sleep(20)
    except Interrupted:
        print("interrupted", signals.stopping)
"""


def test_a_signal_where_nothing_can_be_raised_comes_again() -> None:
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", FINALISED], capture_output=True, text=True, cwd=ROOT, timeout=30)
    assert (done.stdout, done.stderr) == ("interrupted True\n", "")
    assert time.monotonic() - began < 15
