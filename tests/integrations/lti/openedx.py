"""Open edX's own LTI 1.3 platform in a process of its own: `python openedx.py PORT FOLDER TOOL_URL`, for tests.

The models, views, tokens, line items and deep linking are those of `lti-consumer-xblock`, as every Open edX runs them.
What stands in for the rest of Open edX is here: a course with one block, who is signed in, and who may write.
"""

from __future__ import annotations

import json
import logging
import sys
import types
import uuid
import warnings
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

warnings.simplefilter("ignore")  # its own use of older Django

PORT, FOLDER, TOOL = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
HERE = f"http://localhost:{PORT}"

import django  # noqa: E402
from django.conf import settings  # noqa: E402

settings.configure(
    DEBUG=False,
    DEBUG_PROPAGATE_EXCEPTIONS=True,
    SECRET_KEY="for tests alone",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(FOLDER / "openedx.sqlite3")}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "lti_consumer"],
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    MIDDLEWARE=["edx_django_utils.cache.middleware.RequestCacheMiddleware", f"{__name__}.signed_in"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    USE_TZ=True,
    USAGE_ID_PATTERN=r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))",
    LMS_ROOT_URL=HERE,
    LTI_API_BASE=HERE,
    LTI_BASE=HERE,
    PLATFORM_NAME="Open edX in a test",
    LEARNING_MICROFRONTEND_URL=HERE,
    LTI_NRPS_DISALLOW_PII=True,
)


def signed_in(get_response: Any) -> Any:
    """Somebody is signed in to Open edX; who may do what is `compat`'s."""
    from django.contrib.auth.models import AnonymousUser

    def handle(request: Any) -> Any:
        request.user = AnonymousUser()
        return get_response(request)

    return handle


from lti_consumer.plugin import compat  # noqa: E402

BLOCK_ID = "block-v1:viva+test+2026+type@lti_consumer+block@interview"


class Block(types.SimpleNamespace):
    """The one unit of the course."""

    def is_past_due(self) -> bool:
        return False

    def max_score(self) -> float:
        return 1.0

    def set_user_module_score(self, user: str, score: float, max_score: float, comment: str) -> None:
        GRADES.append({"user": str(user), "score": score, "max": max_score})


GRADES: list[dict[str, object]] = []
BLOCK = Block(
    weight=100, display_name="The interview", lti_1p3_passport_id=None, context_id="course-v1:viva+test+2026",
    has_score=True, accept_grades_past_due=True, scope_ids=types.SimpleNamespace(usage_id=BLOCK_ID),
)  # fmt: skip
compat.load_enough_xblock = lambda location: BLOCK
compat.load_block_as_user = lambda location: BLOCK
compat.get_user_from_external_user_id = lambda user_id: user_id
compat.user_has_studio_write_access = lambda user, course_key: True
compat.get_signal_handler = lambda: None
compat.get_event_tracker = lambda: None

django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from lti_consumer import api, track  # noqa: E402
from lti_consumer.data import Lti1p3LaunchData  # noqa: E402
from lti_consumer.models import Lti1p3Passport, LtiAgsScore, LtiConfiguration, LtiDlContentItem  # noqa: E402
from opaque_keys.edx.keys import UsageKey  # noqa: E402

track.get_event_tracker = lambda: None
call_command("migrate", verbosity=0)

PASSPORT = Lti1p3Passport.objects.create(name="Viva", lti_1p3_tool_keyset_url=f"{TOOL}/lti/jwks")
CONFIG = LtiConfiguration.objects.create(
    version=LtiConfiguration.LTI_1P3,
    config_store=LtiConfiguration.CONFIG_ON_DB,
    location=UsageKey.from_string(BLOCK_ID),
    lti_1p3_passport=PASSPORT,
    lti_1p3_oidc_url=f"{TOOL}/lti/login",
    lti_1p3_launch_url=f"{TOOL}/lti/launch",
    lti_advantage_deep_linking_enabled=True,
    lti_advantage_deep_linking_launch_url=f"{TOOL}/lti/launch",
    lti_advantage_ags_mode=LtiConfiguration.LTI_ADVANTAGE_AGS_DECLARATIVE,
)


def _launch_data(request: HttpRequest) -> Lti1p3LaunchData:
    user = request.GET["user"]
    return Lti1p3LaunchData(
        user_id=user,
        user_role=request.GET["role"],
        config_id=str(CONFIG.config_id),
        resource_link_id=BLOCK_ID,
        external_user_id=str(uuid.uuid5(uuid.NAMESPACE_DNS, user)),
        name=user.capitalize(),
        launch_presentation_document_target="iframe",
        context_id="course-v1:viva+test+2026",
        context_type=["course_offering"],
        context_title="Machine learning",
    )


def course(request: HttpRequest) -> HttpResponse:
    """The page of the course, with the tool in a frame."""
    data = _launch_data(request)
    url = (
        api.get_lti_1p3_launch_start_url(data, deep_link_launch=True)
        if request.GET.get("choose")
        else api.get_lti_1p3_content_url(data)
    )
    url = url.replace("&", "&amp;")
    return HttpResponse(
        f"<!doctype html><title>Course</title><h1>Machine learning</h1>"
        f'<iframe name="tool" title="Tool" src="{url}" width="1100" height="700"></iframe>'
    )


def state(request: HttpRequest) -> HttpResponse:
    """What a test wants to know."""
    info = api.get_lti_1p3_launch_info(_launch_data(request))
    scores = LtiAgsScore.objects.values(
        "user_id", "score_given", "score_maximum", "activity_progress", "grading_progress"
    )
    chosen = [{"type": one.content_type, **one.attributes} for one in LtiDlContentItem.objects.all()]
    return JsonResponse(
        {"info": info, "scores": list(scores), "gradebook": GRADES, "chosen": chosen, "issuer": HERE}, safe=False
    )


urlpatterns = [path("course", course), path("state", state), path("api/", include("lti_consumer.plugin.urls"))]


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


if __name__ == "__main__":
    from socketserver import ThreadingMixIn

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    sys.modules["openedx_test_urls"] = sys.modules[__name__]
    logging.disable(logging.INFO)
    print(json.dumps({"ready": HERE}), flush=True)
    make_server("127.0.0.1", PORT, get_wsgi_application(), server_class=Server, handler_class=Quiet).serve_forever()
