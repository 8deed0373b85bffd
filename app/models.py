"""Every table, imported in one place for Alembic and for the check that models and migrations agree."""

from app.accounts import models as accounts
from app.assessments import models as assessments
from app.bank import models as bank
from app.dashboards import models as dashboards
from app.integrations import models as integrations
from app.integrations import webhook_models as webhooks
from app.integrations.greenhouse import models as greenhouse
from app.integrations.lti import models as lti
from app.integrations.xapi import models as xapi
from app.interviews import models as interviews
from app.kit.db import Base

metadata = Base.metadata

__all__ = [
    "accounts",
    "assessments",
    "bank",
    "dashboards",
    "greenhouse",
    "integrations",
    "interviews",
    "lti",
    "metadata",
    "webhooks",
    "xapi",
]
