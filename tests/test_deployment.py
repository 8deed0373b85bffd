"""Deployment: the compose file holds together, and its commands, run by hand, make a Viva of several processes.

There may be no container engine where the tests run. So the file is checked against the schema of the Compose
specification and read as Compose reads it, and what its containers would do is done by ordinary processes: a PostgreSQL
reached over TCP, `viva migrate && viva seed`, two web processes and two workers, and a proxy that spreads requests.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import ExitStack
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from containers import (
    COMPOSE,
    PROGRAMS,
    Containers,
    RoundRobin,
    Services,
    as_run,
    call,
    free_port,
    nothing_left_running,
    services_of_compose,
)

from app.kit.config import ROOT, Settings
from app.kit.private_postgres import PrivatePostgres

PLAIN = {"postgres", "migrate", "web", "worker", "proxy"}
SCALE = {"web-more", "worker-more", "model", "encoder"}
ANSWERS = {
    "dropout": "Dropout switches units off at random while training, so that no unit relies too much on others.",
    "what-learning-is": "Learning means that the weights change so that a loss shrinks, step by step.",
    "gan": "A generator makes samples, a discriminator tells them from real ones; each trains the other.",
}


@pytest.fixture(scope="module")
def services() -> Services:
    return services_of_compose()


def active(services: Services, *profiles: str) -> set[str]:
    """The services that Compose starts: those without a profile, and those of a profile that is on."""
    return {
        name
        for name, service in services.items()
        if not service.get("profiles") or {*service["profiles"]} & {*profiles}
    }


# ---- the file --------------------------------------------------------------------------------------------------------


def test_the_compose_file_follows_the_specification() -> None:
    command = [str(PROGRAMS / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_up_starts_the_plain_parts_and_the_profile_scale_adds_more(services: Services) -> None:
    assert active(services) == PLAIN
    assert active(services, "scale") == PLAIN | SCALE
    for more, of in {"web-more": "web", "worker-more": "worker"}.items():
        assert re.fullmatch(r"\$\{\w+:-[2-9]\}", services[more]["deploy"]["replicas"])
        assert services[more]["image"] == services[of]["image"]


@pytest.mark.parametrize("profiles", [(), ("scale",)])
def test_what_a_service_waits_for_is_started_with_it(services: Services, profiles: tuple[str, ...]) -> None:
    started = active(services, *profiles)
    for name in started:
        for other, how in services[name].get("depends_on", {}).items():
            assert other in started or not how.get("required", True), f"{name} waits for {other}, which is not started"
            if how["condition"] == "service_healthy" and other in started:
                # Our own image brings a check along (Dockerfile), which a service can turn off.
                check = services[other].get("healthcheck", {"test": "image"} if "build" in services[other] else {})
                assert "test" in check, f"{other} cannot say that it is healthy"


def test_only_the_proxy_is_reached_from_outside(services: Services) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["proxy"]["networks"] == ["front"]
    for name in PLAIN - {"proxy", "web"} | SCALE - {"web-more"}:
        assert "front" not in services[name].get("networks", [])


def test_replicable_services_have_nothing_of_which_there_can_be_one_only(services: Services) -> None:
    for name in ("web", "worker", "web-more", "worker-more", "encoder"):
        assert not {"container_name", "ports", "hostname"} & services[name].keys()


def test_the_proxy_finds_every_web_process_by_one_name(services: Services) -> None:
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    assert "name {$UPSTREAM_HOST:web}" in caddyfile
    assert "web" in services["web-more"]["networks"]["front"]["aliases"]
    assert services["web"]["environment"]["VIVA_TRUSTED_PROXIES"] == "*"


def test_with_the_profile_scale_workers_use_the_encoding_server(services: Services) -> None:
    more = services["worker-more"]["environment"]
    assert more["VIVA_ENCODER"] == "remote"
    (alias,) = services["encoder"]["networks"]["back"]["aliases"]
    port = next(option for option in services["encoder"]["command"] if option.startswith("--port="))
    for name in ("worker", "worker-more"):
        address = urlsplit(services[name]["environment"]["VIVA_ENCODER_URL"])
        assert (address.hostname, f"--port={address.port}") == (alias, port)
    assert f"getent hosts {alias}" in services["worker"]["command"][-1]


def test_the_plain_worker_takes_the_encoding_server_only_at_a_private_address(
    services: Services, tmp_path: Path
) -> None:
    for address, encoder in {"": "", "172.18.0.7": "remote", "10.0.0.2": "remote", "203.0.113.9": ""}.items():
        for name, says in {"getent": address, "viva": "$VIVA_ENCODER"}.items():
            (tmp_path / name).write_text(f'#!/bin/sh\necho "{says}"\n')
            (tmp_path / name).chmod(0o755)
        environment = {"PATH": f"{tmp_path}:{os.defpath}"}
        command = as_run(services["worker"]["command"])
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == encoder


def test_a_missing_password_is_said_before_anything_starts() -> None:
    uses = re.findall(r"\$\{POSTGRES_PASSWORD(.*?)\}", COMPOSE.read_text(encoding="utf-8"))
    assert uses
    assert all(use.startswith(":?Set POSTGRES_PASSWORD") for use in uses)


def test_variables_are_settings_and_choices_are_explained(services: Services) -> None:
    known = {f"VIVA_{name.upper()}" for name in Settings.model_fields}
    for name, service in services.items():
        given = {variable for variable in service.get("environment", {}) if variable.startswith("VIVA_")}
        assert given <= known, f"{name}: {given - known}"
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    choices = set(re.findall(r"(?<!\$)\$\{(\w+)", COMPOSE.read_text(encoding="utf-8")))
    assert [choice for choice in sorted(choices) if f"`{choice}`" not in page] == []


def test_the_image_is_built_from_what_the_build_context_holds() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    sources = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert {"requirements.lock", "pyproject.toml", "app", "migrations", "seed", "templates"} <= {*sources}
    kept = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    for source in sources:
        assert (ROOT / source).exists()
        assert any(fnmatch(source, pattern) for pattern in kept), f".dockerignore keeps {source} out"
    torch = re.search(r"^TORCH := (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert torch
    assert f"ARG TORCH={torch[1]}\n" in dockerfile


def test_the_locks_are_hashed_and_carry_no_address_and_no_torch() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE | re.IGNORECASE)[1:]
        assert len(entries) > 20
        for entry in entries:
            assert re.match(r"[\w.-]+==\S+ \\\n    --hash=sha256:", entry), entry.splitlines()[0]
            assert not re.match(r"torch|triton|nvidia|cuda", entry)
        assert not re.search(r"://|^-|^ *(#.*)? /|file:", text, re.MULTILINE)


# ---- the same, by hand -----------------------------------------------------------------------------------------------


def test_two_web_processes_and_two_workers_behind_a_proxy_serve_an_interview(
    services: Services, tmp_path: Path
) -> None:
    with nothing_left_running(), ExitStack() as stack:
        server = stack.enter_context(PrivatePostgres(tmp_path / "postgres", tcp_port=free_port()))
        containers = Containers(services, server, tmp_path)
        stack.callback(containers.stop)

        said = containers.run("migrate")
        assert "at this version of Viva" in said
        assert "Loaded" in said
        assert "Loaded" in containers.run("migrate"), "a second `docker compose up` does it again, and changes nothing"

        ports = free_port(), free_port()
        webs = [containers.start("web", VIVA_HOST="127.0.0.1", VIVA_PORT=str(port)) for port in ports]
        workers = [containers.start("worker") for _ in range(2)]
        proxy = stack.enter_context(RoundRobin(*ports))

        containers.wait_for(*ports)

        key = containers.viva("key", "create", "deployment")
        created = {"questions": list(ANSWERS), "candidate": {"external_id": "c-1", "name": "Ada"}}
        status, interview, _ = call(proxy.port, "POST", "/api/v1/interviews", key, created)
        assert status == 201, interview
        place = f"/api/v1/interviews/{interview['id']}"
        (first, text), (second, other), (third, last) = zip(
            (item["links"] for item in interview["items"]), ANSWERS.values(), strict=True
        )

        # What one process stores, the other one knows: each request goes to the next one.
        status, draft, _ = call(proxy.port, "PUT", first["draft"], key, {"text": text, "base_revision": 0})
        assert (status, draft["revision"]) == (200, 1)
        status, stored, _ = call(proxy.port, "GET", place, key)
        assert stored["items"][0]["draft"]["text"] == text
        # The waiting process hears of a score that was asked for elsewhere and made by a worker.
        status, scored, _ = call(proxy.port, "POST", first["answer"], key, {"text": text}, prefer="wait=15")
        assert status == 200, scored
        assert scored["status"] == "scored"
        assert all(taken >= 2 for taken in proxy.taken.values())

        # A process of each kind is gone: the others go on, and nobody sees an error.
        for gone in (webs[0], workers[0]):
            os.killpg(gone.pid, signal.SIGKILL)
            gone.wait()
        for links, answer in ((second, other), (third, last)):
            status, scored, _ = call(proxy.port, "POST", links["answer"], key, {"text": answer}, prefer="wait=15")
            assert status == 200, scored

        assert call(proxy.port, "POST", f"{place}/finish", key).status == 200
        status, report, _ = call(proxy.port, "GET", f"{place}/report", key, prefer="wait=15")
        assert (status, report["status"]) == (200, "complete"), report
        assert [item["state"] for item in report["items"]] == ["scored"] * 3

        containers.stop()
        # uvicorn finishes what is under way, and then ends by the signal itself.
        assert webs[1].returncode in (0, -signal.SIGTERM), containers.said()
        assert workers[1].returncode == 0, containers.said()
