"""Recordings through every stage without a broker, and the report on what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.terminal.options import Json, LookAhead, Market, MaybeFiles, Played, Run, Spread, Venue
from gateway.terminal.output import Output

tested = typer.Typer()

Formats = Annotated[str, typer.Option("--format", help="Of html, json, csv, xlsx, pdf.")]
Tries = Annotated[
    int, typer.Option(min=1, help="Strategies or parameters of which this is the best.")
]
Variance = Annotated[
    float | None,
    typer.Option("--tries-variance", min=0, help="Of their Sharpe ratios, of one period."),
]
Seed = Annotated[int, typer.Option(min=0, help="Of the report's bootstrap.")]
ALL = "html,json,csv"


@tested.command()
def backtest(
    files: MaybeFiles = None,
    archive: Played = None,
    run: Run = "",
    venue: Venue = None,
    market: Market = None,
    candles: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="The files are candles of that market, venue:symbol."),
    ] = None,
    spread: Spread = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            help="Trade from a date or RFC 3339 time on; what comes before warms up.",
        ),
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Before it.")] = None,
    curve: Annotated[bool, typer.Option("--curve", help="Every point of the equity.")] = False,
    directory: Annotated[
        Path | None, typer.Option("--report", metavar="DIR", help="Write a report there.")
    ] = None,
    formats: Formats = ALL,
    tries: Tries = 1,
    variance: Variance = None,
    seed: Seed = 1,
    look_ahead: LookAhead = False,
    advice: Annotated[
        str | None,
        typer.Option(metavar="FILE|DIR|RUN", help="Recorded advice, where --archive has none."),
    ] = None,
    recorded: Annotated[
        bool,
        typer.Option("--as-recorded", help="A past run; its accounts know what they knew then."),
    ] = False,
    json: Json = False,
) -> None:
    """Recordings, or candles, through every stage in this process, without a broker; what was
    earned."""
    from gateway.backtests.replayed import by_files, chosen
    from gateway.reports.report import Wanted
    from gateway.terminal.span import span

    given = (formats, tries, variance, seed)
    wanted = None if directory is None else Wanted.of(directory, *given)
    if recorded:
        from gateway.backtests.positioned import as_recorded
        from gateway.backtests.replayed import by_run

        by_run(files, venue, market, candles, spread, since, until, advice)
        raise typer.Exit(as_recorded(run, archive, curve, Output(json), wanted))
    if candles is not None:
        from gateway.backtests.taped import taped

        named = by_files(files, archive, venue, market, advice)
        within = span(since, until)
        raise typer.Exit(taped(candles, named, curve, Output(json), wanted, within, spread))
    from gateway.advice.advice_inputs import recalled
    from gateway.backtests.backtest import backtest as play

    within, archived = span(since, until), chosen(files or [], archive, run, spread)
    told = Output(json)
    said = recalled(advice, archived, told)
    code = play(files or [], venue, market, curve, told, wanted, within, archived, said)
    if look_ahead:
        from gateway.backtests.lookahead import look_ahead as cut_short

        code |= cut_short(files or [], venue, market, told, within, archived, said)
    raise typer.Exit(code)


@tested.command()
def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where it is written.")],
    account: Annotated[str | None, typer.Option("--account", help="Only this account.")] = None,
    formats: Formats = ALL,
    tries: Tries = 1,
    variance: Variance = None,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """The report on what the desk's topics hold: the figures of `backtest --report`."""
    from gateway.reports.past import past
    from gateway.reports.report import Wanted

    wanted = Wanted.of(directory, formats, tries, variance, seed)
    raise typer.Exit(past(account, wanted, Output(json)))
