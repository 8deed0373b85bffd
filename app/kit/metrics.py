"""Prometheus metrics. Labels are route patterns and fixed words, never what a person typed."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("viva_requests_total", "Requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "viva_request_seconds",
    "Time to answer a request.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
JOBS = Gauge("viva_jobs", "Jobs in the queue, by state.", ["status"])
UNSCORED = Gauge("viva_answers_unscored", "Submitted answers without an assessment.")
OLDEST_UNSCORED = Gauge("viva_oldest_unscored_seconds", "Age of the oldest answer without an assessment.")
