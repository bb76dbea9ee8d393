"""Settings that others build on: the environment, the data folder, secrets, addresses."""

from pathlib import Path

import environ

from portal import engines
from portal.engines.secret import secret_file

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()

PORTAL_HOME = engines.portal_home()
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = engines.secret_key()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# True behind a TLS proxy: secure cookies, HSTS and the redirect belong together.
HTTPS = env.bool("PORTAL_HTTPS", False)
PUBLIC_URL = env.str("PUBLIC_URL", f"http://localhost:{env.str('PORT', '') or 8000}").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# Where the TXT records of brands' hosts are looked up, as address or address:port; none: the system's servers.
DNS_SERVERS = env.list("PORTAL_DNS_SERVERS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL] if HTTPS else [])
# How this portal differs from others that staff know, such as "test"; shown in the admin's header.
PORTAL_ENVIRONMENT = env.str("PORTAL_ENVIRONMENT", "")

# Who may read /metrics; without it, this machine alone.
METRICS_TOKEN = env.str("METRICS_TOKEN", "") or secret_file("METRICS_TOKEN_FILE") or ""
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])  # networks whose X-Forwarded-For is believed
GATE_ALLOWED_NETWORKS = env.list("GATE_ALLOWED_NETWORKS", default=[])
