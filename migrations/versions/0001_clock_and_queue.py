"""The clock function, and the queue's schema.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A frozen copy of Procrastinate 3.10.0's schema.sql (MIT licence): what a migration does must not change with
# the installed version. Upgrades of the queue come as later migrations, from its own migration scripts.
QUEUE_SCHEMA = Path(__file__).parents[1] / "sql" / "procrastinate_3_10_0.sql"

CLOCK = """
CREATE FUNCTION viva_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT clock_timestamp()
         + make_interval(
             secs => coalesce(nullif(current_setting('viva.clock_offset_ms', true), ''), '0')::float8 / 1000
         )
$$
"""


def upgrade() -> None:
    op.execute(CLOCK)
    # Past SQLAlchemy, which would hand over an empty parameter list: the driver then reads '%' as a placeholder.
    op.get_bind().connection.driver_connection.execute(QUEUE_SCHEMA.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("Restore a backup to go back to a database without Viva.")
