"""`tapeline metrics`: what every process of the running desk tells of itself."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import orjson
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from gateway.terminal.output import Output
from gateway.watching.earnings import table
from topics.metrics import targets
from topics.metrics.settings import MetricsSettings
from topics.metrics.targets import Target
from topics.settings import Settings, settings

PATIENCE = 20.0
"""Seconds that a process may take to answer; its own look at the broker takes some of them."""
OURS = "tapeline_"
AT_ONCE = 8
DIRECT = build_opener(ProxyHandler({}))
"""Asks the process itself: no proxy that the environment names is shown the token."""


@dataclass(frozen=True)
class Told:
    """What one process has answered. ready: by check, "ok" or what is wrong; trouble: why there is
    no answer, "" where there is.
    """

    target: Target
    samples: tuple[Sample, ...] = ()
    ready: tuple[tuple[str, str], ...] = ()
    trouble: str = ""

    @property
    def well(self) -> bool:
        """It has answered, and passes all checks."""
        return not self.trouble and all(state == "ok" for _, state in self.ready)

    @property
    def state(self) -> str:
        """In words."""
        wrong = [f"{name}: {state}" for name, state in self.ready if state != "ok"]
        return self.trouble or "; ".join(wrong) or "ready"


def metrics(name: str, every: bool, output: Output) -> int:
    """Print the processes, and the values whose name has `name` in it (every: also those of Python
    and of the operating system); 1 where a process does not answer or is not ready, or none is.
    """
    known = settings()
    found = asked(known)
    if output.json:
        for row in chain.from_iterable(rows(told, name, every) for told in found):
            output.object(row)
    else:
        show(found, name, every, output)
    if not found:
        output.note(
            f"no process tells of itself in {known.home / targets.FOLDER}: start a desk with "
            "`tapeline up`, or set metrics.on = true"
        )
    return int(not found or not all(told.well for told in found))


def asked(known: Settings) -> list[Told]:
    """Each process of the home, all at once."""
    token = known.of("metrics", MetricsSettings).token.get_secret_value()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda each: ask(each, token), targets.read(known.home)))


def ask(target: Target, token: str = "") -> Told:
    """One of them."""
    if not target.alive:
        why = f"process {target.pid} has ended: the reason is in logs/{target.worker}.log"
        return Told(target, trouble=why)
    try:
        parts = orjson.loads(_got(target, "/ready", token))["parts"]
        text = _got(target, "/metrics", token).decode()
    except (OSError, ValueError, KeyError) as error:
        return Told(target, trouble=f"it does not answer ({_reason(error)})")
    families = text_string_to_metric_families(text)
    samples = tuple(each for family in families for each in family.samples)
    return Told(target, samples, tuple(parts.items()))


def _got(target: Target, path: str, token: str) -> bytes:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = Request(f"http://{target.address}{path}", headers=headers)
    try:
        with DIRECT.open(request, timeout=PATIENCE) as answer:
            return bytes(answer.read())
    except HTTPError as error:
        if error.code == 503:  # not ready: the body says why
            return bytes(error.read())
        raise


def _reason(error: Exception) -> str:
    if isinstance(error, HTTPError) and error.code == 401:
        return "it wants another token: set TAPELINE_METRICS__TOKEN to the desk's"
    return str(error.reason if isinstance(error, URLError) else error)


def rows(told: Told, name: str, every: bool) -> Iterator[dict[str, Any]]:
    """For programs: first the process, then its values."""
    yield {
        "worker": told.target.worker,
        "address": told.target.address,
        "ready": told.well,
        "parts": dict(told.ready),
        "trouble": told.trouble,
    }
    for sample in chosen(told, name, every):
        yield {
            "worker": told.target.worker,
            "metric": sample.name,
            "labels": sample.labels,
            "value": sample.value,
        }


def chosen(told: Told, name: str, every: bool) -> Iterator[Sample]:
    """The values that were asked for."""
    for sample in told.samples:
        if name in sample.name and (every or sample.name.startswith(OURS)):
            yield sample


def show(found: list[Told], name: str, every: bool, output: Output) -> None:
    """Two tables: processes, and values without the buckets of times."""
    processes = [(told.target.worker, told.target.address, told.state) for told in found]
    if processes:
        output.show(table(("process", "address", "state"), processes))
    values = [
        (told.target.worker, sample.name, _labels(sample), f"{sample.value:,.6g}")
        for told in found
        for sample in chosen(told, name, every)
        if not sample.name.endswith("_bucket")
    ]
    if values:
        output.show(table(("process", "metric", "labels", ">value"), values))


def _labels(sample: Sample) -> str:
    return ", ".join(f"{name}={value}" for name, value in sample.labels.items())
