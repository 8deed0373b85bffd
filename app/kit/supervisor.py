"""Supervision: named tasks are kept running until we are told to stop, and then ended in order.

Tasks end with their supervisor, even when it is killed: on Linux the kernel signals them, and everywhere a pipe that
only the supervisor holds open comes to its end, which `exit_when_parent_dies` watches for.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Protocol, Self

from app.kit.errors import OperatorError
from app.kit.orphans import start_child

SUPERVISED_FD = "VIVA_SUPERVISED_FD"
CONFIGURATION_ERROR = 3
"""The exit code of a child that has said on stderr why starting it again would not help."""

_FIRST_DELAY, _LAST_DELAY = 0.2, 10.0
_PROVEN_SECONDS = 30.0
_HOPELESS_AFTER = 5
_TICK_SECONDS = 1.0


class Task(Protocol):
    """Something that runs, may end, and can be started again."""

    @property
    def name(self) -> str:
        """What messages call it, after “The”."""

    def start(self) -> None:
        """Start it. Raises OperatorError if that cannot be done now."""

    def exit_code(self) -> int | None:
        """None while it runs; what it ended with (negative: the signal) once it has ended."""


class ChildProcess:
    """A task that is a command, in a process group of its own: Ctrl-C reaches it through its supervisor, in order."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        lifeline: Lifeline,
        inherits: Sequence[int] = (),
    ) -> None:
        self.name = name
        self._inherits = list(inherits)
        self._command = list(command)
        self._environment = dict(environment)
        self._lifeline = lifeline
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The child's number, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the command.

        Raises:
            OperatorError: the system refuses.
        """
        try:
            self._process = start_child(
                self._command,
                signal.SIGTERM,
                env=self._environment | {SUPERVISED_FD: str(self._lifeline.far_end)},
                stdin=subprocess.DEVNULL,
                pass_fds=[self._lifeline.far_end, *self._inherits],
                process_group=0,
            )
        except OSError as error:
            raise OperatorError(f"The {self.name} cannot be started ({error.strerror}).") from None

    def exit_code(self) -> int | None:
        """None while it runs, else what it ended with."""
        return self._process.poll() if self._process else 0

    def terminate(self) -> None:
        """Ask it to end, by SIGTERM."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it, and whatever it has started in its group."""
        self._signal(signal.SIGKILL, group=True)

    def _signal(self, number: signal.Signals, group: bool = False) -> None:
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(self._process.pid, number)


class Lifeline:
    """The pipe whose end tells children that their supervisor is gone. They inherit the far end; nobody writes."""

    def __init__(self) -> None:
        self.far_end, self._near_end = os.pipe()

    def close(self) -> None:
        """Let go of both ends."""
        os.close(self.far_end)
        os.close(self._near_end)


class Interrupted(BaseException):
    """A stop signal came while starting. Not an Exception, so that nobody takes it for a failure."""


class StopSignals:
    """SIGINT, SIGTERM and SIGHUP, taken while this context lasts: the first asks to stop, later ones change nothing."""

    def __init__(self) -> None:
        self.stopping = False
        self._raising = False
        self._previous: dict[int, object] = {}

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._previous_wakeup = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # started by nohup: it is meant to outlive its terminal
            self._previous[number] = signal.signal(number, self._take)
        self._previous_unraisable, sys.unraisablehook = sys.unraisablehook, self._unraisable
        return self

    def __exit__(self, *_: object) -> None:
        sys.unraisablehook = self._previous_unraisable
        signal.set_wakeup_fd(self._previous_wakeup)
        for number, handler in self._previous.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)  # type: ignore[arg-type]
        os.close(self._read)
        os.close(self._write)

    @contextmanager
    def raising(self) -> Iterator[None]:
        """While starting, a stop signal ends what is being done by raising `Interrupted`."""
        self._raising = True
        try:
            if self.stopping:
                raise Interrupted
            yield
        finally:
            self._raising = False

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than until a signal comes (also that a child has ended)."""
        select.select([self._read], [], [], max(0.0, seconds))
        with suppress(BlockingIOError):
            os.read(self._read, 4096)

    def _unraisable(self, caught: sys.UnraisableHookArgs) -> None:
        if not issubclass(caught.exc_type, Interrupted):
            self._previous_unraisable(caught)
            return
        # The signal came while a fork's callback or a finaliser ran, where nothing can be raised: it is sent again, a
        # moment later.
        self.stopping = False
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()

    def _take(self, number: int, _: FrameType | None) -> None:
        if number != signal.SIGCHLD and not self.stopping:
            self.stopping = True
            if self._raising:
                raise Interrupted


@dataclass
class _Watched:
    task: Task
    essential: bool
    delay: float = 0.0
    due: float = 0.0
    started: float = 0.0
    waiting: bool = True
    hopeless: int = 0
    said: set[str] = field(default_factory=set)


class Supervisor:
    """Keeps tasks running.

    A task that ends is started again after a pause that doubles from 0.2 s to 10 s and is forgotten once the task
    has run for 30 s. While all is being started, an `essential` task that says five times in a row that its
    configuration is wrong ends it all; later nothing does, since what was right once can be right again.
    """

    def __init__(self, signals: StopSignals, say: Callable[[str], None], each_second: Callable[[], None]) -> None:
        self._signals = signals
        self._say = say
        self._each_second = each_second
        self._watched: list[_Watched] = []
        self._ticked = 0.0
        self._starting = False

    def add(self, task: Task, *, essential: bool = False, running: bool = False) -> None:
        """Supervise a task from now on; unless it is `running` already, it is started at the next step."""
        now = time.monotonic()
        self._watched.append(_Watched(task, essential, due=now, started=now, waiting=not running))

    def run(self, until: Callable[[], bool] | None = None) -> None:
        """Supervise until a stop signal comes, or until all is started, if `until` (asked ten times a second) says so.

        Raises:
            OperatorError: an essential task cannot be started.
        """
        self._starting = until is not None
        while not self._signals.stopping and not (until and until()):
            now = time.monotonic()
            for watched in self._watched:
                self._step(watched, now)
            if now - self._ticked >= _TICK_SECONDS:
                self._ticked = now
                self._each_second()
            due = min((watched.due for watched in self._watched if watched.waiting), default=now + _TICK_SECONDS)
            self._signals.wait(min(due - time.monotonic(), 0.1 if until else _TICK_SECONDS))

    def _step(self, watched: _Watched, now: float) -> None:
        task = watched.task
        if watched.waiting:
            if now < watched.due:
                return
            try:
                task.start()
            except OperatorError as error:
                if error.message not in watched.said:  # once, not at every attempt
                    watched.said.add(error.message)
                    self._say(error.message)
                self._postpone(watched)
            else:
                watched.waiting, watched.started = False, time.monotonic()
            return
        code = task.exit_code()
        if code is None:
            if watched.delay and now - watched.started >= _PROVEN_SECONDS:
                watched.delay, watched.hopeless = 0.0, 0
                watched.said.clear()
            return
        watched.hopeless = watched.hopeless + 1 if code == CONFIGURATION_ERROR else 0
        if self._starting and watched.essential and watched.hopeless >= _HOPELESS_AFTER:
            raise OperatorError(f"The {task.name} cannot start: correct what it says above, then start Viva again.")
        if now - watched.started >= _PROVEN_SECONDS:
            watched.delay = 0.0
        self._postpone(watched)
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self._say(f"The {task.name} has ended ({how}); starting it again in {watched.delay:g} s.")

    def _postpone(self, watched: _Watched) -> None:
        watched.delay = min(watched.delay * 2, _LAST_DELAY) if watched.delay else _FIRST_DELAY
        watched.due = time.monotonic() + watched.delay
        watched.waiting = True


def stop_children(children: Sequence[ChildProcess], seconds: float = 10.0) -> None:
    """Ask all children to end, and kill those that have not done so in time, with what they started."""
    for ask in (ChildProcess.terminate, ChildProcess.kill):
        for child in children:
            ask(child)
        end = time.monotonic() + seconds
        while any(child.exit_code() is None for child in children) and time.monotonic() < end:
            time.sleep(0.02)


def exit_when_parent_dies(grace_seconds: float = 10.0) -> None:
    """In a supervised process: end when the supervisor is gone, by SIGTERM to oneself, and by force if that hangs."""
    number = os.environ.get(SUPERVISED_FD, "")
    if not number.isdecimal():
        return
    descriptor = int(number)
    with suppress(OSError):
        os.set_inheritable(descriptor, False)

    def watch() -> None:
        with suppress(OSError):
            while os.read(descriptor, 1):
                pass
        with suppress(OSError, ValueError):  # the terminal may be gone as well
            print("The supervisor is gone: ending.", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_seconds)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
