# One image for web, applier, worker and beat; docker-compose.yml says which of them a container is.
FROM node:24-slim AS browser
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --silent
COPY . .
RUN npm run build --silent

FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app
COPY requirements.lock ./
RUN pip install --root-user-action=ignore --require-hashes -r requirements.lock

COPY . .
COPY --from=browser /app/static/build static/build
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent portal \
    && install -d -o portal -g portal /data
ENV PORTAL_HOME=/data \
    STATIC_ROOT=/app/staticfiles

# No engine is asked here; the addresses only keep the embedded ones from starting.
RUN python -m compileall -q -j 0 /app \
    && python -m portal.common.compile_messages \
    && SECRET_KEY=only-for-collecting-files DATABASE_URL=postgresql://nowhere/portal REDIS_URL=redis://nowhere/0 \
       PORTAL_HOME=/tmp/portal-build python manage.py collectstatic --noinput --verbosity 0 \
    && chmod -R a+rX /app/staticfiles \
    && rm -rf /tmp/portal-build

USER portal
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "-m", "granian", "--interface", "asgi", "--loop", "uvloop", "--http", "1", "--no-ws", "--workers", "1", \
     "--backlog", "2048", "--backpressure", "16384", "--http1-header-read-timeout", "10000", "--workers-kill-timeout", "20", \
     "--no-access-log", "--host", "0.0.0.0", "--port", "8000", "portal.asgi:application"]
