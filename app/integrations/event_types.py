"""The kinds of events, and the words for them. A test checks that no other is ever recorded."""

from __future__ import annotations

EVENT_TYPES = {
    "interview.started": "An interview’s clock began to run",
    "interview.submitted": "An interview is over, whoever or whatever ended it: nothing more can be handed in",
    "interview.expired": "An interview’s time ran out, and what was drafted was handed in (with interview.submitted)",
    "interview.scored": "Every answer of an interview that is over has an assessment",
    "interview.reviewed": "A person judged an answer of an interview",
    "interview.released": "An interview’s result was released to the candidate",
    "invitation.expired": "An invitation’s last day passed before the candidate came",
    "question.published": "A version of one of the organisation’s questions was published",
    "grading.done": "Gradings without an interview are done, or have failed",
    "export.done": "An export is ready, or has failed",
    "webhook.test": "Somebody sent a test event to one endpoint",
}
