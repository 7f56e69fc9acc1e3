"""`why` of an order of a desk that is far away: a job of its gateway, waited for."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.text import Text

from gateway.client.calls import Calls, Row, Unheard
from gateway.client.refusals import Refusal, clean
from gateway.client.requests import part
from gateway.jobs.job import OVER
from gateway.proof.page import written
from gateway.terminal.output import Output, plain
from schemas.errors import TapelineError

LOOK = 0.5
"""Seconds between two looks at how far it is."""


def explain(
    calls: Calls, order: str, full: bool, output: Output, page: Path | None, text: Path | None
) -> int:
    """Explain the order; 1 where not all that is told comes out again. page, text: the page of it
    and what people are shown, written there."""
    asked = {"order": order, "full": full}
    job: Row = calls.give("POST", "/why", asked, secrets.token_urlsafe(18))
    place = f"/jobs/{part(str(job['id']))}"
    try:
        job = _over(calls, place, job)
    except KeyboardInterrupt:
        with suppress(Refusal, Unheard):
            calls.send("DELETE", place)
        raise
    if job["state"] != "done":
        raise TapelineError(clean(job["error"] or f"the job was {job['state']}: ask again"))
    if page is not None:
        output.note(f"page: {written(page, calls.text(f'{place}/report/why.html'))}")
    if text is not None or not output.json:
        shown = plain(calls.text(f"{place}/report/why.txt"))
        output.show(Text(shown.rstrip("\n")))
        if text is not None:
            written(text, shown)
    if output.json:
        output.object(calls.get(f"{place}/result"))
    return int(not job["good"])


def _over(calls: Calls, place: str, job: Row) -> Row:
    """The job once it is over."""
    with Console(stderr=True).status("the desk explains it ...") as status:
        while job["state"] not in OVER:
            if job["state"] == "waiting":
                status.update("waiting for jobs before it ...")
            else:
                status.update(f"the desk explains it ... {float(job['progress']):.0%}")
            time.sleep(LOOK)
            job = calls.get(place)
    return job
