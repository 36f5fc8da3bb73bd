# One image for web, worker, beat and migrations; the command decides. Nothing in it is secret.
FROM python:3.11-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements-production.lock /tmp/
RUN /opt/venv/bin/pip install --require-hashes --requirement /tmp/requirements-production.lock

FROM python:3.11-slim-bookworm
# Pango draws the documents; the rest comes with the packages.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/chargedesk --shell /usr/sbin/nologin chargedesk
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/chargedesk
COPY . .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=chargedesk.settings.production \
    DATA_DIR=/var/lib/chargedesk
# Collecting needs settings but no service: these values exist in this one step only.
RUN python -m chargedesk.runtime.translations \
    && SECRET_KEY="$(python -c 'import secrets; print(secrets.token_hex(32))')" \
       ENCRYPTION_KEYS="$(python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')" \
       DATABASE_URL=postgres://none@none/none REDIS_URL=redis://none ALLOWED_HOSTS=none BASE_URL=https://none \
       python manage.py collectstatic --no-input --verbosity 0 \
    && mkdir -p "$DATA_DIR" /var/lib/sandbox && chown chargedesk "$DATA_DIR" /var/lib/sandbox
USER chargedesk
VOLUME ["/var/lib/chargedesk"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
CMD ["gunicorn", "chargedesk.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "16", "--worker-tmp-dir", "/dev/shm", "--graceful-timeout", "15", \
     "--preload", "--no-control-socket", "--access-logfile", "-", "--access-logformat", "%(t)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"]
