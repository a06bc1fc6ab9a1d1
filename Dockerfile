# Images are pinned by their digest, here and in compose.yaml; `make images` updates them.

# The dependencies, verified by their hashes, in a virtual environment.
FROM python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS dependencies
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock /build/requirements.lock
RUN python -m venv /opt/creatorvault \
    && /opt/creatorvault/bin/python -m pip install --require-hashes --no-deps --only-binary :all: -r /build/requirements.lock \
    && /opt/creatorvault/bin/python -m pip uninstall --yes pip

# The service. It runs with a read-only root file system and a tmpfs at /tmp.
FROM python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b
RUN useradd --system --uid 10001 --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin creatorvault
COPY --from=dependencies /opt/creatorvault /opt/creatorvault
WORKDIR /srv/creatorvault
COPY litestar.toml ./
COPY migrations ./migrations
COPY creatorvault ./creatorvault
COPY docker/entrypoint docker/healthcheck.py /usr/local/bin/
RUN chmod 0755 /usr/local/bin/entrypoint && /opt/creatorvault/bin/python -m compileall -q creatorvault migrations

ENV PATH=/opt/creatorvault/bin:$PATH \
    PYTHONPATH=/srv/creatorvault \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CREATORVAULT_ENV=production \
    CREATORVAULT_HOME=/tmp/creatorvault \
    HOST=0.0.0.0 \
    PORT=8000
EXPOSE 8000
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-I", "/usr/local/bin/healthcheck.py"]
ENTRYPOINT ["/usr/local/bin/entrypoint"]
