"""All pages of organisations in one router, and their part of the API in another."""

from __future__ import annotations

from fastapi import APIRouter

from app.dashboards import (
    analytics_api,
    analytics_pages,
    audit_api,
    compare_api,
    compare_pages,
    export_pages,
    exports_api,
    interview_pages,
    invitation_pages,
    key_pages,
    keys_api,
    learning_api,
    learning_pages,
    live_api,
    live_pages,
    members_api,
    organization_api,
    pages,
    people_pages,
    report_pages,
    review_pages,
    reviews_api,
    settings_pages,
    template_pages,
)

router = APIRouter(include_in_schema=False)
for part in (
    pages,
    people_pages,
    key_pages,
    settings_pages,
    template_pages,
    invitation_pages,
    live_pages,
    interview_pages,
    review_pages,
    learning_pages,
    compare_pages,
    analytics_pages,
    export_pages,
    report_pages,
):
    router.include_router(part.router)

api = APIRouter()
for operations in (
    organization_api,
    members_api,
    keys_api,
    audit_api,
    live_api,
    reviews_api,
    learning_api,
    analytics_api,
    compare_api,
    exports_api,
):
    api.include_router(operations.router)
