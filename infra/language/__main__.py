"""`python -m infra.language SCRIPT.json`: the stand-in provider by hand."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path

from pydantic import ValidationError

from infra.language.script import Script
from infra.language.server import StandIn, serve


async def run(script: Script, port: int) -> None:
    """Answer until it is stopped; the first line says where."""
    running = await serve(StandIn.of(script), port=port)
    try:
        print(f"{running.address}/v1", flush=True)
        await asyncio.Event().wait()
    finally:
        await running.close()


def main() -> int:
    """The exit code: 2 if the script cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m infra.language", description=__doc__)
    parser.add_argument("script", type=Path, help="replies, as docs/advisors.md says")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    options = parser.parse_args()
    try:
        script = Script.model_validate_json(options.script.read_bytes())
    except (OSError, ValidationError) as broken:
        print(f"{options.script} is no script: {broken}", file=sys.stderr)
        return 2
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(script, options.port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
