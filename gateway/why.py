"""`tapeline why`: an order from its fills back to the raw frames, re-computed and compared."""

from __future__ import annotations

from typing import Any

import orjson
from rich.console import Console

from gateway.broker import opened
from gateway.chain import Chain, Published, UnknownOrder, find
from gateway.explanation import explanation
from gateway.output import Output
from gateway.recompute import Verdict, recompute
from schemas.codec import encode
from topics.settings import settings


def why(order: str, full: bool, output: Output) -> int:
    """Explain the order; 1 when a record's id or bytes are not what they must be."""
    if not order.strip():
        raise UnknownOrder("name an order: its client order id, or the beginning of it")
    with opened(settings(), output) as known:
        source = Published(known)
        chain = find(order, source)
        with Console(stderr=True).status("computing the market again ..."):
            verdict = recompute(chain, known, source)
    misnamed = chain.misnamed()
    if output.json:
        output.object(_object(chain, verdict, misnamed))
    else:
        output.show(explanation(chain, verdict, misnamed, full))
    return int(bool(misnamed) or not verdict.identical)


def _object(chain: Chain, verdict: Verdict, misnamed: list[str]) -> dict[str, Any]:
    return {
        "order": chain.journal.command.client_order_id,
        "identical": verdict.identical,
        "recomputed": dict(verdict.same),
        "difference": verdict.difference,
        "misnamed": misnamed,
        "statuses": [orjson.Fragment(encode(status)) for status in chain.statuses],
        "journal": orjson.Fragment(encode(chain.journal)),
        "order_decision": orjson.Fragment(encode(chain.order)),
        "decision": orjson.Fragment(encode(chain.decision)),
        "signal": orjson.Fragment(encode(chain.signal)),
        "ticks": orjson.Fragment(encode(chain.ticks)),
        "raw": orjson.Fragment(encode(chain.raw)),
    }
