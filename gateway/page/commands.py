"""`tapeline page`: build what the gateway shows people."""

from __future__ import annotations

import typer

from gateway.terminal.options import Json
from gateway.terminal.output import Output

page = typer.Typer()


@page.command("page")
def build_page(json: Json = False) -> None:
    """Build the page once from gateway/web, with Node; `tapeline gateway` serves it."""
    from gateway.page.build import build
    from gateway.page.weight import weight

    output = Output(json)
    folder = build(output.note)
    kilobytes = round(weight(folder) / 1000)
    if json:
        output.object({"folder": str(folder), "kilobytes": kilobytes})
    else:
        output.show(f"{folder}: {kilobytes} kB compressed, all views")
