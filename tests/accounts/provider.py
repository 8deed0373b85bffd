"""An OpenID Connect provider in a process of its own: `python provider.py PORT`, for tests.

oidc-provider-mock does not look at PKCE, so this does: a code is good only with the verifier of its challenge. It also
signs with a key that is not published, or for another audience, when a test asks for that.
"""

from __future__ import annotations

import base64
import hashlib
import sys
import time
import warnings
from urllib.parse import parse_qs, urlsplit

warnings.simplefilter("ignore")  # its own use of an older Authlib

import flask  # noqa: E402
import oidc_provider_mock  # noqa: E402
from joserfc import jwt  # noqa: E402
from joserfc.jwk import RSAKey  # noqa: E402

app = oidc_provider_mock.app(require_client_registration=True, require_nonce=True, issue_refresh_token=False)
app.debug = False
challenges: dict[str, str] = {}
nonces: dict[str, str] = {}
forge: dict[str, str] = {}


@app.put("/forge")
def set_forgery() -> tuple[str, int]:
    forge.clear()
    forge.update(flask.request.get_json())
    return "", 204


@app.after_request
def check_pkce(response: flask.Response) -> flask.Response:
    request = flask.request
    if request.path == "/oauth2/authorize" and request.method == "POST" and response.status_code == 302:
        code = parse_qs(urlsplit(response.headers["location"]).query).get("code", [""])[0]
        assert request.args["code_challenge_method"] == "S256"
        challenges[code], nonces[code] = request.args["code_challenge"], request.args["nonce"]
    if request.path == "/oauth2/token" and response.status_code == 200:
        code, verifier = request.form["code"], request.form.get("code_verifier", "")
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        if challenges.pop(code) != digest:
            return flask.make_response({"error": "invalid_grant"}, 400)
        if forge:
            body = response.get_json()
            body.pop("access_token")
            claims = {"sub": "mallory", "email": "alice@example.org", "email_verified": True, "nonce": nonces[code],
                      "iss": request.host_url.rstrip("/"), "aud": request.authorization.username,
                      "iat": int(time.time()), "exp": int(time.time()) + 60} | forge  # type: ignore[union-attr]  # fmt: skip
            body["id_token"] = (
                jwt.encode({"alg": "RS256"}, claims, RSAKey.generate_key(2048))
                if forge.get("key")
                else (_signed(claims))
            )
            body["access_token"] = "any"
            response.set_data(flask.json.dumps(body))
    return response


def _signed(claims: dict[str, object]) -> str:
    key = flask.g.oidc_provider_mock_storage.jwk
    return jwt.encode({"alg": "RS256"}, claims, RSAKey.import_key(key.as_dict(is_private=True)))


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True, use_reloader=False)
