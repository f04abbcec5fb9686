"""Records of kinds that are not known yet are found without reading all others."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"


def upgrade() -> None:
    """Make the index."""
    kept = sa.text("state = 'kept'")
    op.create_index("record_kept", "record", ["key"], sqlite_where=kept, postgresql_where=kept)
