"""The room where jobs run: so many at once, each a process that never outlives this one."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.api.problems import Problem
from gateway.jobs.job import LOG, OVER, PROGRESS, REPORT, Job, complaint, kept, result, write
from gateway.jobs.progress import FILE, read
from infra.local.process import Child

WAITING = 20
"""Jobs that wait at most, of all users together."""

EACH = 5
"""Jobs of one user that are not over."""

KEPT = 200
"""Jobs that are remembered; the oldest that are over go first, with their files."""

LONGEST = 3600.0
"""Seconds after which a job is ended."""

LOOK = 0.1
COMMAND = (sys.executable, "-m", "gateway.cli")


class Room:
    """Jobs under a folder. most: that run at once; env: of their processes."""

    def __init__(
        self,
        folder: Path,
        most: int,
        env: Mapping[str, str] | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._folder, self._most, self._env = folder, most, dict(env or {})
        self._command = tuple(command)
        self._jobs: dict[str, Job] = {}
        self._children: dict[str, Child] = {}
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(most)

    def open(self) -> None:
        """Remember what is there; what was not over when the process ended never will be."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for job in kept(self._folder):
            self._jobs[job.id] = job
            if job.state not in OVER:
                self._end(job, "failed", "the gateway ended while it ran: start it again")

    async def close(self) -> None:
        """End all that runs."""
        for id in list(self._runs):
            await self._stop(id, "failed", "the gateway ended while it ran: start it again")

    def start(self, job: Job) -> Job:
        """Let it wait for its turn; one of the same id that is there is given in its place.

        422 where that one was asked for something else, 429 where too many are not over.
        """
        there = self._jobs.get(job.id)
        if there is not None:
            if (there.kind, there.asked) != (job.kind, job.asked):
                raise Problem(422, "idempotency-key", "that Idempotency-Key is of another job")
            return there
        unfinished = [each for each in self._jobs.values() if each.state not in OVER]
        own = [each for each in unfinished if each.owner == job.owner]
        if len(unfinished) >= WAITING + self._most or len(own) >= EACH:
            raise Problem(429, "too-many", "too many jobs are not over", {"Retry-After": "30"})
        self._forget()
        self.folder(job).mkdir(parents=True, exist_ok=True)
        write(self.folder(job), job)
        self._jobs[job.id] = job
        self._runs[job.id] = asyncio.create_task(self._run(job))
        self._runs[job.id].add_done_callback(lambda run: self._broken(job, run))
        return job

    def of(self, owner: str) -> list[Job]:
        """All that are theirs, as they are now."""
        return [self._now(job) for job in self._jobs.values() if job.owner == owner]

    def one(self, owner: str, id: str) -> Job | None:
        """The job of that id, where it is theirs."""
        job = self._jobs.get(id)
        return self._now(job) if job and job.owner == owner else None

    async def cancel(self, job: Job) -> Job:
        """End it, at once and with all its processes; one that is over stays as it is."""
        await self._stop(job.id, "cancelled", "")
        return self._jobs[job.id]

    def folder(self, job: Job) -> Path:
        """Where its files are."""
        return self._folder / job.id

    def report(self, job: Job) -> Path:
        """Where its report is, if it writes one."""
        return self.folder(job) / REPORT

    def _now(self, job: Job) -> Job:
        if job.state != "running":
            return job
        return job.model_copy(update={"progress": read(self.folder(job) / PROGRESS)})

    async def _run(self, job: Job) -> None:
        folder = self.folder(job)
        async with self._turn:
            env = {**self._env, FILE: str(folder / PROGRESS)}
            name, *given = job.command
            asked = (*self._command, name, "--json", *given)  # what is given may begin with --
            child = Child(asked, folder / LOG, env=env, behind=True)
            self._children[job.id] = child
            self._change(job, state="running", started=time.time_ns())
            child.start()  # not in a thread: one that is cancelled would start it all the same
            until = time.monotonic() + LONGEST
            while child.running and time.monotonic() < until:
                await asyncio.sleep(LOOK)
            late = child.running
            await asyncio.to_thread(child.kill)
        self._children.pop(job.id, None)
        self._runs.pop(job.id, None)
        self._done(job, child.poll(), late)

    def _done(self, job: Job, code: int | None, late: bool) -> None:
        folder = self.folder(job)
        if late:
            self._end(job, "failed", f"it took more than {LONGEST:.0f} s")
        elif result(folder) is None:
            self._end(job, "failed", complaint(folder) or f"it ended with code {code}")
        else:
            self._change(job, state="done", good=code == 0, progress=1.0, ended=time.time_ns())

    def _broken(self, job: Job, run: asyncio.Task[None]) -> None:
        """What could not even be run has failed too."""
        if not run.cancelled() and (error := run.exception()) is not None:
            self._runs.pop(job.id, None)
            self._end(job, "failed", str(error).splitlines()[0][:300])

    async def _stop(self, id: str, state: str, why: str) -> None:
        run = self._runs.pop(id, None)
        if run is None:
            return
        run.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await run
        child = self._children.pop(id, None)
        if child is not None:
            await asyncio.to_thread(child.kill)
        self._end(self._jobs[id], state, why)

    def _end(self, job: Job, state: str, error: str) -> None:
        self._change(job, state=state, error=error, ended=time.time_ns())

    def _change(self, job: Job, **values: object) -> None:
        changed = self._jobs[job.id].model_copy(update=values)
        self._jobs[job.id] = changed
        write(self.folder(changed), changed)

    def _forget(self) -> None:
        over = [job for job in self._jobs.values() if job.state in OVER]
        for job in over[: max(0, len(self._jobs) - KEPT + 1)]:
            del self._jobs[job.id]
            shutil.rmtree(self.folder(job), ignore_errors=True)
