"""Facts have fields that older versions cannot read; no table changes, the number alone tells."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Leave the tables as they are: an older version that meets this number says so and stops."""
