"""How long the orders stage takes for one decision: python -m tests.bench.gate [--rounds N].

An account with ten positions, each with a record of its own and orders under way, and settings of a
person; decisions go round twelve symbols and ask to open, add, trail, close and hold. Prints one
JSON object a line: microseconds at p50, p99 and the largest, of all decisions and of each outcome,
by the wall clock and by the thread's own CPU time (what others on the machine take left out).
"""

from __future__ import annotations

import argparse
import gc
import json
from time import perf_counter_ns, thread_time_ns
from typing import Any

from engine.stage import Cell
from schemas import names
from schemas.decisions import Verdict
from schemas.orders import Contract, OrderDecision
from tests.unit.ordering import account, state, strategy
from tests.unit.trading import SECOND, decision, feed, instrument, position, worth

KEYS = tuple(f"binance:S{n}/USDT:USDT" for n in range(12))
VERDICTS = (Verdict.LONG, Verdict.LONG, Verdict.SHORT, Verdict.EXIT, Verdict.HOLD)


def desk() -> Cell[Any]:
    """Ten positions of 5 at 100, two symbols free."""
    limits = strategy(
        pyramiding=True, trailing=True, maximum_adds=10**9,
        risk={"maximum_positions": 20, "storm_orders": 10**9, "unusual_factor": 1000},
    )  # fmt: skip
    cell = account(limits=limits)
    feed(cell, [(names.INSTRUMENTS, instrument(key, seq=5)) for key in KEYS])
    feed(cell, [(names.PORTFOLIO, held(key, 0, ())) for key in KEYS[:10]])
    feed(cell, [state("stopped", "false"), state("mode", "paper"), state("limit/leverage", "8")])
    feed(cell, [state("strategy/main", "started"), state("parameters/main", '{"period": "14"}')])
    return cell


def held(key: str, seq: int, finished: tuple[str, ...]) -> Any:
    """The portfolio's record of one position."""
    return position(
        seq, "5", key, mark="100.1", strategy="main", stop="97", finished=finished,
        contract=Contract(leverage="8"),
    )  # fmt: skip


def measure(rounds: int) -> dict[str, list[tuple[int, int]]]:
    """Wall and CPU nanoseconds of each step by outcome; news of what was ordered in between."""
    took: dict[str, list[tuple[int, int]]] = {}
    cell, seqs = desk(), dict.fromkeys(KEYS, 0)
    for n in range(rounds):
        key = KEYS[n % len(KEYS)]
        record = decision(
            n // len(KEYS), VERDICTS[n % len(VERDICTS)], key, seen_time=n * SECOND // 10
        )
        worked, begun = thread_time_ns(), perf_counter_ns()
        (output,) = cell.take(names.DECISIONS, record)
        spent = perf_counter_ns() - begun, thread_time_ns() - worked
        order = output.record
        assert isinstance(order, OrderDecision)
        took.setdefault(str(order.outcome), []).append(spent)
        if order.command is not None:
            seqs[key] += 1
            done = (order.command.client_order_id,)
            cell.take(names.PORTFOLIO, held(key, seqs[key], done))
            cell.take(names.PORTFOLIO, worth(n + 1, "10000"))
    return took


def told(case: str, spent: list[tuple[int, int]]) -> str:
    """One line of the report."""
    figures: dict[str, float] = {"n": len(spent)}
    for n, clock in enumerate(("wall", "cpu")):
        ordered = sorted(each[n] for each in spent)
        for share in (50, 99):
            figures[f"{clock}_p{share}"] = ordered[len(ordered) * share // 100] / 1000
        figures[f"{clock}_max"] = ordered[-1] / 1000
    return json.dumps({"bench": "gate", "case": case, "unit": "us", **figures})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20_000)
    rounds = parser.parse_args().rounds
    measure(rounds // 10)
    gc.collect()
    took = measure(rounds)
    print(told("all", [each for spent in took.values() for each in spent]))
    for outcome in sorted(took):
        print(told(outcome, took[outcome]))


if __name__ == "__main__":
    main()
