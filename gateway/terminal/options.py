"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[list[Path], typer.Argument(help="Recordings of raw frames, gzip or plain.")]
MaybeFiles = Annotated[
    list[Path] | None, typer.Argument(help="Recordings of raw frames, gzip or plain.")
]
Market = Annotated[
    str | None,
    typer.Option(help="The venue's market (spot, usdm, ...), where nothing else says it."),
]
Venue = Annotated[str | None, typer.Option(help="The venue; else told by the frames.")]
Archive = Annotated[
    Path | None,
    typer.Option("--archive", metavar="DIR", help="Read an archive in place of Kafka's topics."),
]
LookAhead = Annotated[
    bool, typer.Option("--look-ahead", help="Prove too that nothing rests on what came later.")
]
Played = Annotated[
    Path | None,
    typer.Option("--archive", metavar="DIR", help="Play market.raw of an archive, without FILES."),
]
Run = Annotated[
    str, typer.Option("--run", metavar="PREFIX", help="The archived run's prefix, if it had one.")
]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable: JSON objects on stdout.")]
Account = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Which account; '*': all of them. Default: the only one."),
]
Candles = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="FILES are candles of this market: binance:BTC/USDT."),
]
Spread = Annotated[
    str | None, typer.Option(help="Of candles, between bid and ask; default: a tick.")
]
Judged = Annotated[str | None, typer.Option(help="Whose outcome counts; default: the first.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes; default: one for each core.")]
Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for the desk's answer.")]
WAIT = 5.0
Why = Annotated[str, typer.Option(help="The reason, kept with the command.")]
WHY = "by hand"
