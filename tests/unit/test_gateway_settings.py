"""Settings as people see them: all that is set, and no secret in it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.api.shown import HIDDEN, shown
from topics.settings import Settings

SECRET = "hunter2hunter2"
NAMES = st.sampled_from(("password", "api_secret", "token", "key", "passphrase", "private_key"))
INNER = st.recursive(
    st.dictionaries(NAMES, st.just(SECRET), min_size=1, max_size=2),
    lambda inner: st.dictionaries(
        st.sampled_from(("a", "b", "auth", "binance")), inner, min_size=1
    ),
    max_leaves=6,
)


@given(INNER, st.sampled_from(("gateway", "store", "live", "feeds", "advice")))
def test_what_is_named_as_a_secret_is_hidden_however_deep(inner: Any, section: str) -> None:
    rows = shown(Settings.model_validate({section: {"x": inner}}))
    assert SECRET not in str(rows)
    assert any(row.value == HIDDEN for row in rows)


def test_secrets_in_addresses_and_of_kafka_are_hidden_and_the_rest_is_told() -> None:
    known = Settings.model_validate(
        {
            "redis_url": f"redis://me:{SECRET}@cache:6379/0",
            "broker_url": "kafka.example:9092",
            "kafka": {"sasl.username": SECRET},
            "store": {
                "url": f"postgresql://me:{SECRET}@db/desk?sslpassword={SECRET}&sslmode=require"
            },
            "risk": {"leverage": 5, "strategies": {"main": {"trailing": True}}},
            "accounts": ("paper", "second"),
        }
    )
    rows = {row.name: row.value for row in shown(known)}
    assert SECRET not in str(rows)
    assert rows["redis_url"] == f"redis://{HIDDEN}@cache:6379/0"
    assert rows["store.url"].endswith(f"?sslpassword={HIDDEN}&sslmode=require")
    assert rows["broker_url"] == "kafka.example:9092"
    assert rows["risk.strategies.main.trailing"] == "true"
    assert rows["accounts"] == '["paper","second"]'
    assert list(rows) == sorted(rows)
