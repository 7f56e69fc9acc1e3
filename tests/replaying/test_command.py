"""`tapeline feed` as people call it."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import aiohttp
from typer.testing import CliRunner

from gateway.cli import app
from tests.replaying.driving import VENUES

FILE = VENUES / "OKX.ws.1.0.gz"
ASKED = '{"op":"subscribe","args":[{"channel":"trades","instId":"BTC-USDT"}]}'


async def test_a_recording_is_served_until_it_is_stopped() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli", "feed", "--venue", "okx", str(FILE), "--port", "0",
        "--json", stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        told = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        assert told["markets"] == {"okx v5": 392}
        at = f"ws://{told['address']}/ws.okx.com:8443/ws/v5/public"
        async with aiohttp.ClientSession() as http, http.ws_connect(at) as socket:
            await socket.send_str(ASKED)
            frames = [await socket.receive_str(timeout=30) for _ in range(70)]
        assert json.loads(frames[0])["event"] == "subscribe"
        assert all(json.loads(frame)["arg"]["channel"] == "trades" for frame in frames)
    finally:
        process.terminate()
        await process.wait()


def test_what_cannot_be_played_is_told(tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text('[{"kind":"flood"}]')
    for arguments, message in (
        (["--venue", "nowhere", str(FILE)], "no venue"),
        (["--venue", "okx", str(FILE), "--faults", str(tmp_path / "faults.json")], "flood"),
    ):
        result = CliRunner().invoke(app, ["feed", *arguments])
        assert result.exit_code == 2
        assert message in result.output
