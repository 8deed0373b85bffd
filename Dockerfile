# One image for every part of Viva: `viva web` (the default), `viva worker`, `viva migrate`, `viva seed`, `viva serve`.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /opt/viva

COPY requirements.lock ./
RUN pip install --no-deps --require-hashes -r requirements.lock

# Pinned here and in the Makefile. On Linux PyPI's own build brings several gigabytes of CUDA along; the CPU index that
# pytorch.org's “Get started” page names for Linux, pip and CPU, given as this argument, has a build of 200 MB.
ARG TORCH=torch==2.13.0
ARG TORCH_EXTRA_INDEX_URL=""
RUN pip install ${TORCH_EXTRA_INDEX_URL:+--extra-index-url "$TORCH_EXTRA_INDEX_URL"} "$TORCH"

# Editable: Viva finds templates, migrations and questions beside its code.
COPY pyproject.toml README.md LICENSE ./
COPY app ./app
RUN pip install --no-deps --no-build-isolation --editable . \
 && python -m compileall -q app

FROM python:3.11-slim-bookworm
# A named account: PostgreSQL, which `viva serve` starts, insists on one. The model's folder is there so that a new
# volume mounted on it belongs to that account (docker-compose.yml, profile scale).
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/viva --shell /usr/sbin/nologin viva \
 && install -d -o viva -g viva -m 0750 /var/lib/viva \
 && install -d -o viva -g viva -m 0755 /opt/model
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/viva /opt/viva
COPY migrations /opt/viva/migrations
COPY templates /opt/viva/templates
COPY seed /opt/viva/seed
COPY docs /opt/viva/docs
COPY CHANGELOG.md DECISIONS.md /opt/viva/

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    VIVA_HOST=0.0.0.0 \
    VIVA_DATA_DIR=/var/lib/viva \
    VIVA_LOG_FORMAT=json
WORKDIR /var/lib/viva
USER 10001
EXPOSE 8000
# Of the web process; docker-compose.yml turns it off where there is none.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('VIVA_PORT', '8000')}/healthz\", timeout=2)"]
CMD ["viva", "web"]
