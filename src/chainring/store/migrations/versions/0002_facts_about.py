"""Facts can be asked by what they are about (labels of one prediction, cases of one reporter)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column and its index."""
    op.add_column("facts", sa.Column("about", sa.Text, nullable=False, server_default=""))
    op.create_index("facts_by_about", "facts", ["app", "kind", "about"])
