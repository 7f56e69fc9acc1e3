"""Exchange keys: sealed to one executor, opened by it alone, from files that only it can read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey

from executor.keys import key_of
from executor.venues.key import Key
from tests.unit.canary import GIVEN, NAME, PASSPHRASE, PLANTED, SECRET, escaped
from topics.keypairs import KeyPair, guarded
from topics.sealed import (
    Credentials,
    KeysError,
    Sealed,
    fingerprint,
    private_file,
    public_file,
    public_of,
    put,
    seal,
    sealed_file,
    written,
)
from topics.secrecy import known


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    known.forget()
    yield
    known.forget()


def sealed_for(home: Path, account: str = "main", exchange: str = "okx") -> Path:
    pair = KeyPair.of(home, account)
    file = sealed_file(home, account)
    put(file, seal(public_of(pair.public), account, exchange, PLANTED, 1).dump())
    return file


def test_what_was_sealed_is_opened_by_its_executor(tmp_path: Path) -> None:
    file = sealed_for(tmp_path)
    assert not escaped(file.read_text())
    assert key_of(tmp_path, "main", "okx") == Key(NAME, SECRET, PASSPHRASE)
    elsewhere = tmp_path / "moved"
    file.rename(elsewhere)
    assert key_of(tmp_path, "main", "okx", elsewhere).secret == SECRET


def test_an_opened_key_is_known_as_a_secret(tmp_path: Path) -> None:
    sealed_for(tmp_path)
    key_of(tmp_path, "main", "okx")
    assert not escaped(known.redact(f"{NAME} {SECRET} {PASSPHRASE}"))


def test_each_sealing_is_another_box(tmp_path: Path) -> None:
    public = public_of(KeyPair.of(tmp_path, "main").public)
    one, other = (seal(public, "main", "okx", PLANTED, 1) for _ in range(2))
    assert one.box != other.box
    assert one.key == other.key == fingerprint(NAME.encode())


def test_the_pair_is_made_once(tmp_path: Path) -> None:
    first = KeyPair.of(tmp_path, "main")
    assert KeyPair.of(tmp_path, "main").public == first.public
    assert KeyPair.of(tmp_path, "other").public != first.public
    assert public_file(tmp_path, "main").read_text().strip() == first.public
    for path in (private_file(tmp_path, "main"), public_file(tmp_path, "main")):
        assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert len(list((tmp_path / "keys").iterdir())) == 4  # two of each


def test_a_public_file_that_is_another_is_mended(tmp_path: Path) -> None:
    pair = KeyPair.of(tmp_path, "main")
    public_file(tmp_path, "main").write_text("something")
    assert KeyPair.of(tmp_path, "main").public == pair.public
    assert public_file(tmp_path, "main").read_text().strip() == pair.public


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o602])
def test_a_private_key_open_to_others_is_not_used(tmp_path: Path, mode: int) -> None:
    sealed_for(tmp_path)
    private_file(tmp_path, "main").chmod(mode)
    with pytest.raises(KeysError, match="chmod 600"):
        key_of(tmp_path, "main", "okx")


def test_a_folder_open_to_others_is_not_used(tmp_path: Path) -> None:
    sealed_for(tmp_path)
    (tmp_path / "keys").chmod(0o755)
    with pytest.raises(KeysError, match="chmod 700"):
        key_of(tmp_path, "main", "okx")


def test_a_private_key_of_another_owner_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed_for(tmp_path)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    with pytest.raises(KeysError, match=f"belongs to user {me}"):
        guarded(private_file(tmp_path, "main"))


@pytest.mark.parametrize("target", ["there", "nowhere"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    KeyPair.of(tmp_path, "there")
    private_file(tmp_path, "main").symlink_to(private_file(tmp_path, target))
    with pytest.raises(KeysError, match="is a link"):
        KeyPair.of(tmp_path, "main")


@pytest.mark.parametrize("text", ["", "00", "zz" * 32, "00" * 33])
def test_a_damaged_private_key_is_not_replaced(tmp_path: Path, text: str) -> None:
    KeyPair.of(tmp_path, "main")
    private_file(tmp_path, "main").write_text(text)
    with pytest.raises(KeysError, match="is no private key"):
        KeyPair.of(tmp_path, "main")
    assert private_file(tmp_path, "main").read_text() == text


def test_a_key_sealed_to_another_pair_is_not_opened(tmp_path: Path) -> None:
    sealed_for(tmp_path)
    private_file(tmp_path, "main").unlink()
    with pytest.raises(
        KeysError, match=r"is sealed to \w+, ours is \w+: `tapeline keys seal main`"
    ):
        key_of(tmp_path, "main", "okx")


def test_a_key_for_another_exchange_or_account_is_not_used(tmp_path: Path) -> None:
    file = sealed_for(tmp_path)
    with pytest.raises(KeysError, match="of account main at okx, wanted is main at bybit"):
        key_of(tmp_path, "main", "bybit")
    head = Sealed.read(file)
    other = KeyPair("other", PrivateKey(bytes.fromhex(private_file(tmp_path, "main").read_text())))
    with pytest.raises(KeysError, match="of account main at okx, wanted is other at okx"):
        other.open(head, "okx")


def test_what_the_head_of_the_file_says_is_not_believed(tmp_path: Path) -> None:
    """Renamed by hand for another exchange: what is inside the box counts."""
    file = sealed_for(tmp_path, exchange="okx")
    file.write_text(file.read_text().replace('"okx"', '"bybit"'))
    with pytest.raises(KeysError, match="at okx, wanted is main at bybit"):
        key_of(tmp_path, "main", "bybit")


@pytest.mark.parametrize("place", [0, 40, -1])
def test_a_damaged_box_is_told(tmp_path: Path, place: int) -> None:
    file = sealed_for(tmp_path)
    sealed = Sealed.read(file)
    raw = bytearray(bytes.fromhex(sealed.box))
    raw[place] ^= 1
    file.write_text(file.read_text().replace(sealed.box, raw.hex()))
    with pytest.raises(KeysError, match="damaged"):
        key_of(tmp_path, "main", "okx")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "is not there"),
        ("", "is no sealed key"),
        ("[]", "is no sealed key"),
        ('{"v": 1}', "is no sealed key"),
        ('{"account": "main"}', "is no sealed key"),
        (
            '{"v": 2, "account": "", "exchange": "", "to": "", "key": "", "at": 1, "box": ""}',
            "version 2",
        ),
    ],
)
def test_what_is_no_sealed_file_is_told(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "x").write_text(text)
    with pytest.raises(KeysError, match=said):
        Sealed.read(tmp_path / "x")


@given(st.binary(min_size=32, max_size=32), st.integers(0, 71), st.integers(1, 15))
def test_a_slip_in_a_public_key_is_noticed(public: bytes, place: int, by: int) -> None:
    text = written(public)
    assert public_of(f" {text.upper()}\n") == public
    digit = f"{(int(text[place], 16) + by) % 16:x}"
    with pytest.raises(KeysError, match="no public key"):
        public_of(text[:place] + digit + text[place + 1 :])


@pytest.mark.parametrize("text", ["", "ab", "00" * 32, "xyz"])
def test_what_is_no_public_key_is_told(text: str) -> None:
    with pytest.raises(KeysError, match="no public key"):
        public_of(text)


@pytest.mark.parametrize("account", ["", "../x", "a/b", ".hidden", "a" * 65, "a b"])
def test_an_account_that_cannot_name_a_file_is_refused(tmp_path: Path, account: str) -> None:
    with pytest.raises(KeysError, match="name is of letters"):
        KeyPair.of(tmp_path, account)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {},
        {"key": "a"},
        {"key": "a", "secret": ""},
        {"key": "a", "secret": 5},
        {"key": "a", "secret": "b", "more": "c"},
    ],
)
def test_what_is_no_key_is_none(wrong: object) -> None:
    assert Credentials.of(wrong) is None


def test_a_key_is_taken_without_the_blanks_around_it() -> None:
    assert Credentials.of({name: f" {value}\n" for name, value in GIVEN.items()}) == PLANTED
    assert Credentials.of({"key": "a", "secret": "b"}) == Credentials("a", "b", "")


def test_a_file_is_whole_or_as_before(tmp_path: Path) -> None:
    put(tmp_path / "x", b"one")
    with pytest.raises(FileExistsError):
        put(tmp_path / "x", b"two", anew=True)
    assert (tmp_path / "x").read_bytes() == b"one"
    put(tmp_path / "x", b"two")
    assert (tmp_path / "x").read_bytes() == b"two"
    assert [each.name for each in tmp_path.iterdir()] == ["x"]
