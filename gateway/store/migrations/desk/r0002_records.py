"""What the sink writes: orders, fills, decisions, portfolio, commands, events."""

import sqlalchemy as sa
from alembic import op

from gateway.store.base import Money, Nanoseconds

revision = "desk_0002"
down_revision = "desk_0001"
branch_labels = None
depends_on = None

TYPES = {
    "str": sa.String, "text": sa.Text, "int": sa.Integer, "big": sa.BigInteger, "bool": sa.Boolean,
    "float": sa.Double, "money": Money, "ns": Nanoseconds,
}  # fmt: skip
TABLES = {
    "commands": (
        "id:str at:ns partition:int offset:big account:str by:str kind:str symbol:str? body:text"
    ),
    "decisions": (
        "id:str at:ns partition:int offset:big venue:str symbol:str strategy:str verdict:str "
        "reason:str? entry:money? stop:money? target:money? strength:float? confidence:float "
        "body:text"
    ),
    "events": (
        "id:str at:ns partition:int offset:big stage:str severity:str kind:str text:text body:text"
    ),
    "fills": (
        "id:str at:ns partition:int offset:big order_id:str? account:str venue:str symbol:str "
        "strategy:str parent:str? role:str? side:str? price:money? quantity:money? fee:money? "
        "fee_currency:str? liquidity:str? trade:str?"
    ),
    "funding": (
        "id:str at:ns partition:int offset:big account:str venue:str symbol:str strategy:str "
        "amount:money? price:money?"
    ),
    "order_steps": (
        "id:str at:ns partition:int offset:big order_id:str account:str symbol:str type:str "
        "state:str? reason:str? price:money? quantity:money? filled:money? seq:big"
    ),
    "orders": (
        "id:str partition:int? account:str? venue:str? symbol:str? strategy:str? action:str? "
        "intent:str? side:str? type:str? time_in_force:str? quantity:money? price:money? "
        "trigger:money? stop:money? target:money? reduce_only:bool? post_only:bool? "
        "parent:str? role:str? origin:str? request:str? cause:str? state:str? reason:str? "
        "resting_price:money? resting_quantity:money? filled:money? number:str? created:ns? "
        "updated:ns body:text? decided_seq:big status_seq:big journal_seq:big "
        "decided_offset:big? status_offset:big?"
    ),
    "portfolio": (
        "key:str at:ns body:text type:str account:str venue:str? symbol:str? strategy:str "
        "quantity:money entry:money? mark:money? realised:money unrealised:money fees:money "
        "funding:money equity:money? exposure:money? peak:money? seq:big"
    ),
    "portfolio_points": (
        "key:str span:ns at:ns type:str account:str venue:str? symbol:str? strategy:str "
        "quantity:money entry:money? mark:money? realised:money unrealised:money fees:money "
        "funding:money equity:money? exposure:money? peak:money? seq:big"
    ),
    "refusals": (
        "id:str at:ns partition:int offset:big account:str venue:str symbol:str strategy:str "
        "origin:str request:str? order_id:str? reason:str? body:text"
    ),
}
"""By table, its columns: name:type, with a question mark where it may be NULL."""
INDEXES = {
    "ix_commands_account": "commands account at id",
    "ix_commands_at": "commands at id",
    "ix_decisions_at": "decisions at id",
    "ix_decisions_strategy": "decisions strategy at id",
    "ix_decisions_symbol": "decisions symbol at id",
    "ix_events_at": "events at id",
    "ix_events_severity": "events severity at id",
    "ix_fills_account": "fills account at id",
    "ix_fills_account_symbol": "fills account symbol at id",
    "ix_fills_at": "fills at id",
    "ix_fills_order_id": "fills order_id at id",
    "ix_funding_account": "funding account at id",
    "ix_funding_at": "funding at id",
    "ix_order_steps_order_id": "order_steps order_id seq",
    "ix_orders_account": "orders account created id",
    "ix_orders_account_state": "orders account state created id",
    "ix_orders_account_symbol": "orders account symbol created id",
    "ix_orders_created": "orders created id",
    "ix_orders_parent": "orders parent",
    "ix_portfolio_account": "portfolio account key",
    "ix_refusals_account": "refusals account at id",
    "ix_refusals_at": "refusals at id",
}
"""By index, its table and columns."""
KEYS = {"portfolio": ("key",), "portfolio_points": ("key", "span")}
"""Primary keys; of all others it is the id."""


def upgrade() -> None:
    """Add them."""
    for name, columns in TABLES.items():
        made = [_column(word) for word in columns.split()]
        key = sa.PrimaryKeyConstraint(*KEYS.get(name, ("id",)), name=f"pk_{name}")
        op.create_table(name, *made, key)
    for name, told in INDEXES.items():
        table, *columns_of = told.split()
        op.create_index(name, table, columns_of)


def downgrade() -> None:
    """Take them away."""
    for name in TABLES:
        op.drop_table(name)


def _column(word: str) -> sa.Column[object]:
    """name:type, with a question mark where it may be NULL."""
    name, kind = word.rstrip("?").split(":")
    return sa.Column(name, TYPES[kind](), nullable=word.endswith("?"))
