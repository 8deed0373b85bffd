"""Every table, imported in one place for Alembic and for the check that models and migrations agree."""

from app.accounts import models as accounts
from app.assessments import models as assessments
from app.bank import models as bank
from app.interviews import models as interviews
from app.kit.db import Base

metadata = Base.metadata

__all__ = ["accounts", "assessments", "bank", "interviews", "metadata"]
