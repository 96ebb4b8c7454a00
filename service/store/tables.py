"""The tables, the same on SQLite and PostgreSQL; `docs/record.md` says what each column holds.

They are made and changed by the scripts in `migrations/`, never from here; a test compares the two.
All are append-only by triggers: a row can be taken out only once a cut (retention) covers it.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

from service.store.instant import Instant

METADATA: Final = MetaData()

CALLS: Final = Table(
    "calls",
    METADATA,
    Column("writer", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("request_id", Text),
    Column("tenant", Text, nullable=False),
    Column("issuer", Text),
    Column("service", Text, nullable=False),
    Column("hook", Text),
    Column("hook_instance", Text),
    Column("status", Integer, nullable=False),
    Column("microseconds", BigInteger, nullable=False),
    Column("ids", Text, CheckConstraint("ids IN ('hashed', 'clear')"), nullable=False),
    Column("patient_id", Text),
    Column("user_id", Text),
    Column("rules", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("cards", Text, nullable=False),
    Column("seal", Text, nullable=False),
    Index("calls_by_time", "at"),
    sqlite_with_rowid=False,
)

# The cards that were shown, each once however often its call was repeated: feedback is joined here.
ISSUED: Final = Table(
    "issued",
    METADATA,
    Column("card", Text, primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("hook_instance", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rule_version", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("issued_by_time", "at"),
    sqlite_with_rowid=False,
)

FEEDBACK: Final = Table(
    "feedback",
    METADATA,
    Column("identity", Text, primary_key=True),
    Column("service", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column(
        "outcome", Text, CheckConstraint("outcome IN ('accepted', 'overridden')"), nullable=False
    ),
    Column("suggestions", Text, nullable=False),
    Column("reason_system", Text),
    Column("reason_code", Text),
    Column("reason_display", Text),
    Column("comment", Text),
    Column("extension", Text),
    Column("acted_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    # null in what was received before cards were remembered
    Column("tenant", Text),
    Column("hook_instance", Text),
    Column("rule", Text),
    Column("rule_version", Text),
    Index("feedback_by_card", "card"),
    Index("feedback_by_time", "received_at"),
    sqlite_strict=True,
)

# What retention has taken out, or is about to: everything before a moment, and where that leaves
# each writer's chain.
CUTS: Final = Table(
    "cuts",
    METADATA,
    Column("at", Instant, primary_key=True),
    Column("older_than", Instant, nullable=False),
    Column("chains", Text, nullable=False),
    Column("seal", Text, nullable=False),
    sqlite_with_rowid=False,
)
