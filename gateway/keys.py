"""What `tapeline keys` does."""

from __future__ import annotations

import getpass
import subprocess
import sys
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from gateway.output import Output
from topics.sealed import (
    Credentials,
    KeysError,
    Sealed,
    fingerprint,
    folder,
    public_file,
    public_of,
    put,
    sealed_file,
)  # fmt: skip
from topics.sealed import (
    seal as sealing,
)
from topics.settings import settings


def new(account: str, output: Output) -> int:
    """Let the executor's code make the pair; the public key is printed, for people as one line."""
    command = [sys.executable, "-m", "executor.keys", account]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KeysError(done.stderr.strip() or "executor.keys ended without a word")
    made: dict[str, Any] = orjson.loads(done.stdout)
    made["fingerprint"] = fingerprint(public_of(made["public"]))
    if output.json:
        output.object(made)
    else:
        print(made["public"])
        output.note(f"fingerprint {made['fingerprint']}; seal the exchange key to it:")
        output.note(f"tapeline keys seal {account} --exchange NAME --to {made['public']}")
    return 0


def seal(
    account: str, exchange: str, to: str | None, file: Path | None, stdin: bool, output: Output
) -> int:
    """Read a key from the terminal or stdin and write it sealed; nothing of it is printed."""
    public = public_of(to) if to else _own(account)
    credentials = _given() if stdin else _asked()
    if credentials is None:
        raise KeysError("a key is given as texts: key, secret and, for some venues, passphrase")
    target = file or folder(settings().home) / sealed_file(settings().home, account).name
    made = sealing(public, account, exchange, credentials, time.time_ns())
    put(target, made.dump())
    facts = {**_facts(made), "file": str(target)}
    if output.json:
        output.object(facts)
    else:
        output.note(f"sealed to {made.to}: {target} (key {made.key} at {exchange})")
    return 0


def show(account: str, file: Path | None, output: Output) -> int:
    """Tell a sealed key's exchange and fingerprints, and whether this home's executor opens it."""
    target = file or sealed_file(settings().home, account)
    sealed, own = Sealed.read(target), public_file(settings().home, account)
    ours = fingerprint(public_of(own.read_text())) if own.is_file() else None
    fits = ours == sealed.to and sealed.account == account
    facts = {**_facts(sealed), "file": str(target), "pair": ours, "fits": fits}
    if output.json:
        output.object(facts)
    else:
        for name, value in facts.items():
            print(f"{name:9} {value}")
    if not fits:
        output.note(
            f"the executor of {account} here cannot open it: `tapeline keys seal {account}`"
        )
    return 0 if fits else 1


def _facts(sealed: Sealed) -> dict[str, Any]:
    at = datetime.fromtimestamp(sealed.at // 10**9, UTC).isoformat()
    return {
        "account": sealed.account, "exchange": sealed.exchange, "key": sealed.key,
        "to": sealed.to, "at": at,
    }  # fmt: skip


def _own(account: str) -> bytes:
    file = public_file(settings().home, account)
    if not file.is_file():
        raise KeysError(f"{account} has no key pair here: `tapeline keys new {account}`, or --to")
    return public_of(file.read_text())


def _asked() -> Credentials | None:
    if not sys.stdin.isatty():
        raise KeysError("no terminal to ask on: give the key as JSON with --stdin")
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)  # rather end than echo
        asked = {"key": "API key: ", "secret": "Secret: ", "passphrase": "Passphrase, if any: "}
        return Credentials.of({name: getpass.getpass(text) for name, text in asked.items()})


def _given() -> Credentials | None:
    try:
        return Credentials.of(orjson.loads(sys.stdin.buffer.read()))
    except orjson.JSONDecodeError:
        return None
