"""Advisors by language models, asked by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.terminal.options import Json, Market, Venue
from gateway.terminal.output import Output

advised = typer.Typer()


@advised.command()
def advise(
    symbol: Annotated[str, typer.Argument(help="Of a market: BTC/USDT, or binance:BTC/USDT.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Recordings: ask at their end, without a desk."),
    ] = None,
    advisor: Annotated[
        str | None, typer.Option(help="One of [advice.advisors]; else the one of the market.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help="Ask this one: openai, deepseek, anthropic, or yours.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="With --provider: which of its models.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell the prompt and its cost; call nobody.")
    ] = False,
    venue: Venue = None,
    market: Market = None,
    json: Json = False,
) -> None:
    """Ask a language model one question on a market, and hold its answer against the bounds."""
    from gateway.advice.advise import Wanted
    from gateway.advice.advise import advise as ask

    wanted = Wanted(symbol, tuple(files or ()), advisor, provider, model, dry_run, venue, market)
    raise typer.Exit(ask(wanted, Output(json)))
