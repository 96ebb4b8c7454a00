"""The table of feedback, as it was before there were revisions; a file that has it keeps it."""

import sqlalchemy as sa
from alembic import op

from service.store.instant import Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table where there is none."""
    op.create_table(
        "feedback",
        sa.Column("identity", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column(
            "outcome",
            sa.Text,
            sa.CheckConstraint("outcome IN ('accepted', 'overridden')"),
            nullable=False,
        ),
        sa.Column("suggestions", sa.Text, nullable=False),
        sa.Column("reason_system", sa.Text),
        sa.Column("reason_code", sa.Text),
        sa.Column("reason_display", sa.Text),
        sa.Column("comment", sa.Text),
        sa.Column("extension", sa.Text),
        sa.Column("acted_at", Instant, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sqlite_strict=True,
        if_not_exists=True,
    )
    op.create_index("feedback_by_card", "feedback", ["card"], if_not_exists=True)
