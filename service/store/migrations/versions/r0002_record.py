"""The audit trail, the issued cards and the cuts; feedback joined to cards; all append-only."""

import sqlalchemy as sa
from alembic import op

from service.store.instant import Instant

revision = "0002"
down_revision = "0001"

# Each table with its key, and the column that says how old a row is; cuts are kept for good.
_TABLES = {
    "calls": (("writer", "number"), "at"),
    "issued": (("card", "tenant", "service"), "at"),
    "feedback": (("identity",), "received_at"),
    "cuts": (("at",), None),
}
_FUNCTION = """
CREATE FUNCTION cardwise_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND TG_NARGS = 1 AND EXISTS (
    SELECT 1 FROM cuts WHERE older_than > (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz
  ) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$
"""


def upgrade() -> None:
    """Make the tables and their triggers, and widen the feedback."""
    _make_calls()
    _make_issued()
    _make_cuts()
    for name in ("tenant", "hook_instance", "rule", "rule_version"):
        op.add_column("feedback", sa.Column(name, sa.Text))
    op.create_index("feedback_by_time", "feedback", ["received_at"])
    if op.get_context().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _make_calls() -> None:
    op.create_table(
        "calls",
        sa.Column("writer", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("hook", sa.Text),
        sa.Column("hook_instance", sa.Text),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("microseconds", sa.BigInteger, nullable=False),
        sa.Column("ids", sa.Text, sa.CheckConstraint("ids IN ('hashed', 'clear')"), nullable=False),
        sa.Column("patient_id", sa.Text),
        sa.Column("user_id", sa.Text),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("cards", sa.Text, nullable=False),
        sa.Column("seal", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("calls_by_time", "calls", ["at"])


def _make_issued() -> None:
    op.create_table(
        "issued",
        sa.Column("card", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("hook_instance", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("issued_by_time", "issued", ["at"])


def _make_cuts() -> None:
    op.create_table(
        "cuts",
        sa.Column("at", Instant, primary_key=True),
        sa.Column("older_than", Instant, nullable=False),
        sa.Column("chains", sa.Text, nullable=False),
        sa.Column("seal", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _protect_sqlite() -> None:
    for table, (key, age) in _TABLES.items():
        refuse = f"SELECT RAISE(ABORT, '{table} is append-only')"
        same = f"FROM {table} WHERE " + " AND ".join(f"{column} = NEW.{column}" for column in key)
        op.execute(f"CREATE TRIGGER {table}_stay BEFORE UPDATE ON {table} BEGIN {refuse}; END")
        cut = f"FROM cuts WHERE older_than > OLD.{age}"
        uncut = f"WHEN NOT EXISTS (SELECT 1 {cut})" if age else ""
        op.execute(
            f"CREATE TRIGGER {table}_remain BEFORE DELETE ON {table} {uncut} BEGIN {refuse}; END"
        )
        # without this, INSERT OR REPLACE would put another row in a row's place
        op.execute(
            f"CREATE TRIGGER {table}_once BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 {same}) "
            "BEGIN SELECT RAISE(IGNORE); END"
        )


def _protect_postgresql() -> None:
    op.execute(_FUNCTION)
    for table, (_, age) in _TABLES.items():
        given = f"'{age}'" if age else ""
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION cardwise_append_only({given})"
        )
        op.execute(
            f"CREATE TRIGGER {table}_remain BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cardwise_append_only()"
        )
