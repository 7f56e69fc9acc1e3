"""Strategies that are written by a search or a language model, and adopted when proven."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.terminal.options import Candles, Files, Jobs, Json, Judged, Market, MaybeFiles, Spread
from gateway.terminal.output import Output

generated = typer.Typer()


@generated.command()
def generate(
    files: Files,
    directory: Annotated[
        Path,
        typer.Option("--into", metavar="DIR", help="Keeps trials and the record."),
    ],
    strategy: Annotated[
        str, typer.Option(help="The strategy to replace, or the name of a new one.")
    ],
    train: Annotated[str, typer.Option(help="Choose on so long, from the first on (4h, 60d),")],
    test: Annotated[str, typer.Option(help="and judge on spans of so long after it.")],
    origin: Annotated[
        str, typer.Option("--from", metavar="search|llm[:ADVISOR]|FILE", help="Who makes them.")
    ] = "search",
    embargo: Annotated[str | None, typer.Option(help="Left out between the two.")] = None,
    candles: Candles = None,
    spread: Spread = None,
    markets: Annotated[
        list[str] | None, typer.Option("--on", metavar="MARKET", help="Markets of a new strategy.")
    ] = None,
    size: Annotated[int, typer.Option(min=2, max=512, help="Of a generation.")] = 16,
    generations: Annotated[int, typer.Option(min=1, max=100, help="Of a search.")] = 4,
    long_only: Annotated[bool, typer.Option("--long-only", help="Nothing is sold short.")] = False,
    finalists: Annotated[
        int, typer.Option(min=1, max=64, help="Best of the train span that go to the gate.")
    ] = 3,
    objective: Annotated[str, typer.Option(help="Best by: sharpe, return, calmar, ...")] = "sharpe",
    least: Annotated[
        int, typer.Option("--min-trips", min=1, help="Round trips, on the train span.")
    ] = 5,
    evidence: Annotated[
        int, typer.Option("--min-evidence", min=1, help="Round trips, on the test spans.")
    ] = 10,
    level: Annotated[
        float, typer.Option(min=0.0001, max=0.2, help="Chance, at most, to adopt what has no edge.")
    ] = 0.05,
    draws: Annotated[int, typer.Option(min=500, max=20_000, help="Of the bootstrap.")] = 2000,
    account: Judged = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the search and the bootstrap.")] = 1,
    jobs: Jobs = None,
    market: Market = None,
    json: Json = False,
) -> None:
    """Make strategies, choose on one span, hold the best against the desk on the next ones."""
    import os

    from engine.research.adoption import Terms
    from gateway.research.generate import generate as run
    from gateway.research.generating import Generating
    from gateway.research.source import source_of
    from gateway.terminal.span import lasting

    source = source_of(files, market, candles, spread)
    named = tuple(markets or ((candles,) if candles else ()))
    asked = Generating(
        source=source, directory=directory, strategy=strategy, train=lasting(train) or 0,
        test=lasting(test) or 0, embargo=lasting(embargo) or 0, markets=named, origin=origin,
        objective=objective, least=least, seed=seed, size=size, generations=generations,
        both=not long_only, finalists=finalists, terms=Terms(level, draws, seed, evidence),
        account=account, jobs=jobs or os.cpu_count() or 1,
    )  # fmt: skip
    raise typer.Exit(run(asked, Output(json)))


@generated.command()
def adopt(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="adoption.json of `generate`.")],
    show: Annotated[bool, typer.Option("--show", help="Print the section; write nothing.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Live accounts may trade it too.")] = False,
    stale: Annotated[
        bool, typer.Option("--stale", help="Though the desk is another than it was held against.")
    ] = False,
    json: Json = False,
) -> None:
    """Put what the gate has let through into the settings file, if it is what was judged."""
    from gateway.research.adopting import adopt as run

    raise typer.Exit(run(record, live, stale, show, Output(json)))


@generated.command()
def discover(
    files: MaybeFiles = None,
    market: Market = None,
    fees: Annotated[
        list[str] | None,
        typer.Option("--fee", metavar="VENUE=BPS", help="A venue's taker fee; several."),
    ] = None,
    least: Annotated[float, typer.Option("--least", help="Net bps that count as an edge.")] = 0.0,
    stale: Annotated[
        float, typer.Option(min=0.01, help="Seconds after which a silent book is none.")
    ] = 5.0,
    seconds: Annotated[
        float, typer.Option("--for", min=1, help="Seconds, of the running desk.")
    ] = 60.0,
    json: Json = False,
) -> None:
    """Edges over venues, of spot and perpetual, along triangles: of FILES or the running desk."""
    from gateway.research.discover import discover as run

    raise typer.Exit(run(files or [], market, fees or [], least, stale, seconds, Output(json)))


@generated.command()
def transfer(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A record, or candidates.")],
    markets: Annotated[
        list[str],
        typer.Option("--on", metavar="KEY=FILE", help="A market and its candles; several."),
    ],
    since: Annotated[str | None, typer.Option("--from", metavar="TIME")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME")] = None,
    json: Json = False,
) -> None:
    """What was searched on one symbol, judged on the candles of others."""
    from gateway.research.transfer import transfer as run
    from gateway.terminal.span import span

    raise typer.Exit(run(file, markets, span(since, until), Output(json)))
