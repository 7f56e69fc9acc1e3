"""What `tapeline keys` does."""

from __future__ import annotations

import getpass
import subprocess
import sys
import time
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from gateway.terminal.output import Output
from topics.sealed import (
    ADVICE,
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
    """Let the code of who opens it make the pair; the public key is printed, for people as one
    line.
    """
    module = "agents.advising.keys" if account.startswith(ADVICE) else "executor.keys"
    command = [sys.executable, "-m", module, account]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KeysError(done.stderr.strip() or f"{module} ended without a word")
    made: dict[str, Any] = orjson.loads(done.stdout)
    made["fingerprint"] = fingerprint(public_of(made["public"]))
    if output.json:
        output.object(made)
    else:
        print(made["public"])
        option = "" if account.startswith(ADVICE) else "--exchange NAME "
        output.note(f"fingerprint {made['fingerprint']}; seal the key to it:")
        output.note(f"tapeline keys seal {account} {option}--to {made['public']}")
    return 0


def seal(
    account: str, exchange: str | None, to: str | None, file: Path | None, stdin: bool,
    output: Output,
) -> int:  # fmt: skip
    """Read a key from the terminal or stdin and write it sealed; nothing of it is printed."""
    public = public_of(to) if to else _own(account)
    credentials = _taken(account, stdin)
    exchange = exchange or (ADVICE.rstrip(":") if account.startswith(ADVICE) else "")
    if not exchange:
        raise KeysError("name the exchange of the account: --exchange okx")
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
            f"what opens keys of {account} here cannot open it: `tapeline keys seal {account}`"
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


def _taken(account: str, stdin: bool) -> Credentials:
    """The key as it is given; KeysError where it is none. It raises where no key is a local."""
    single = account.startswith(ADVICE)
    given = _given() if stdin else _asked(("key",) if single else tuple(ASKED))
    credentials = Credentials.single(given) if single else Credentials.of(given)
    del given
    if credentials is None:
        parts = "key" if single else "key, secret and, for some venues, passphrase"
        raise KeysError(f"a key is given as texts: {parts}")
    return credentials


ASKED = {"key": "API key: ", "secret": "Secret: ", "passphrase": "Passphrase, if any: "}


def _asked(names: Sequence[str]) -> dict[str, str]:
    if not sys.stdin.isatty():
        raise KeysError("no terminal to ask on: give the key as JSON with --stdin")
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)  # rather end than echo
        return {name: getpass.getpass(ASKED[name]) for name in names}


def _given() -> Any:
    try:
        return orjson.loads(sys.stdin.buffer.read())
    except orjson.JSONDecodeError:
        return None
