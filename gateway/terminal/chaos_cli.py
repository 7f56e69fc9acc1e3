"""Faults and kills under load."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.terminal.options import Json
from gateway.terminal.output import Output

killed = typer.Typer()
VENUES = "binance, binance-cm, kraken, kraken-futures or kucoin; may be repeated."


@killed.command()
def chaos(
    subject: Annotated[
        str, typer.Argument(help="executor, feeds: the live collector, advice or gateway.")
    ],
    trials: Annotated[
        int | None, typer.Option(min=0, help="executor by itself: 100; gateway: 4.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same trials.")] = 1,
    system: Annotated[int, typer.Option(min=0, help="Of the worker, broker and Redis.")] = 0,
    home: Annotated[Path | None, typer.Option(help="A second call there goes on.")] = None,
    lanes: Annotated[int, typer.Option(min=1, help="Trials at the same time.")] = 4,
    mutant: Annotated[bool, typer.Option("--mutant", help="A planted fault: it must be seen.")] = (
        False
    ),
    rate: Annotated[float, typer.Option(min=1, help="feeds: frames a second.")] = 20_000,
    seconds: Annotated[
        float | None, typer.Option(min=5, help="feeds: with faults (30); advice: of the recording.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0, help="advice: times as fast as recorded.")] = 2,
    venue: Annotated[list[str] | None, typer.Option(help=f"feeds: {VENUES}")] = None,
    json: Json = False,
) -> None:
    """Kill it where it hurts, and compare with the other side's own books; 0 without a fault."""
    from gateway.chaos import advice as chaos_advice
    from gateway.chaos import executor as chaos
    from gateway.chaos import feeds as chaos_feeds
    from gateway.chaos import gateway as chaos_gateway

    if subject == "feeds":
        played = tuple(venue or ("binance",))
        told = chaos_feeds.Told(played, rate, seconds or 30, seed, home, mutant)
        raise typer.Exit(chaos_feeds.run(told, Output(json)))
    if subject == "advice":
        raise typer.Exit(chaos_advice.run(speed, seconds or 0, home, mutant, Output(json)))
    if subject == "gateway":
        raise typer.Exit(
            chaos_gateway.run(4 if trials is None else trials, seed, home, mutant, Output(json))
        )
    held = 100 if trials is None else trials
    raise typer.Exit(chaos.chaos(subject, held, seed, system, home, lanes, mutant, Output(json)))
