"""A search at work: tasks of all splits to processes, trials from them to the directory.

What is to be run is the courses' business (engine.research.course) and depends on nothing here. A
trial that the directory has already is not run again.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from typing import Any

from engine.research.course import Course, Task
from engine.research.spaces import told
from engine.research.trials import Trial
from gateway.research.study import NoStudy, Study
from gateway.research.trial import Ground, prepared, run
from schemas.errors import TapelineError

Tell = Callable[[Trial], None]


class WorkerLost(TapelineError):
    """A process ended by itself."""


class Inline(Executor):
    """Runs what it is given at once, in this process."""

    def submit(self, task: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """A future that is done."""
        done: Future[Any] = Future()
        done.set_result(task(*given, **named))
        return done


def executor(jobs: int) -> Executor:
    """So many processes, which end when this one does in any way; none of their own for one."""
    if jobs == 1:
        return Inline()
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=end_with_parent)


def end_with_parent() -> None:
    """In a process: end as soon as the parent is gone, also by kill -9."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "called in a child"

    def watch() -> None:
        wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def deaf() -> Iterator[None]:
    """Processes that are begun here do not hear Ctrl-C, which is this one's to answer."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Search:
    """All courses to their end. tell: hears of each trial, those of the directory too."""

    def __init__(
        self, ground: Ground, courses: Sequence[Course], study: Study, jobs: int, tell: Tell
    ) -> None:
        self._ground, self._courses, self._study = ground, courses, study
        self._jobs, self._tell = jobs, tell
        self._queue: deque[Task] = deque()
        self._parked: dict[Path, list[Task]] = {}
        self._there: set[Path] = set()
        self._running: dict[Future[Any], Task] = {}

    def run(self) -> None:
        """Run what has not been run; WorkerLost where a process ended by itself."""
        pool = executor(self._jobs)
        try:
            self._gather()
            while self._queue or self._running:
                with deaf() if self._jobs > 1 else nullcontext():
                    self._submit(pool)
                for done in wait(self._running, return_when=FIRST_COMPLETED).done:
                    self._take(done)
                self._gather()
        except BrokenProcessPool:
            raise WorkerLost(
                "a process of the search was ended from outside (out of memory?): the same "
                "command goes on where it was; fewer --jobs need less"
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _gather(self) -> None:
        """Ask the courses what is ready; what the directory has is ready at once."""
        for course in self._courses:
            while tasks := course.ready():
                self._queue += [task for task in tasks if not self._known(course, task)]

    def _known(self, course: Course, task: Task) -> bool:
        trial = self._study.trials.get(task.key)
        if trial is None:
            trial = self._ground.refused(task)
            if trial is None:
                return False
            self._study.append(trial)
        if trial.parameters != task.parameters:
            raise NoStudy(
                f"trial {task.number} of split {task.split} was {told(trial.parameters.items())}, "
                f"now it is {told(task.parameters.items())}: name another directory"
            )
        course.take(trial)
        self._tell(trial)
        return True

    def _submit(self, pool: Executor) -> None:
        """Keep as many at work as there are processes; what waits for its market is parked."""
        while self._queue and len(self._running) < self._jobs:
            task = self._queue.popleft()
            shared = self._ground.shared(task)
            if shared in self._there:
                self._running[pool.submit(run, self._ground, task)] = task
            elif shared in self._parked:
                self._parked[shared].append(task)
            else:
                self._parked[shared] = [task]
                self._running[pool.submit(prepared, self._ground, task)] = task

    def _take(self, done: Future[Any]) -> None:
        """A market that is there now, or a trial."""
        task, made = self._running.pop(done), done.result()
        if isinstance(made, Path):
            self._there.add(made)
            self._queue.extendleft(reversed(self._parked.pop(made)))
            return
        self._study.append(made)
        self._courses[task.split].take(made)
        self._tell(made)
