"""PostgreSQL, and Redis as a cache."""

import environ
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal import engines
from portal.engines.secret import secret_file
from portal.settings.base import SECRET_KEY, env

# Database: PostgreSQL only; embedded where DATABASE_URL is not set.
DATABASES = {"default": environ.Env.db_url_config(engines.database_url())}
DATABASES["default"]["ENGINE"] = "portal.common.postgres"
DATABASES["default"]["CONN_MAX_AGE"] = 0
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})
# Only the web process pools (portal/asgi.py asks for it): under ASGI a thread lives for one request.
DATABASES["default"]["OPTIONS"]["options"] = "-c timezone=UTC"
if env.bool("PORTAL_DB_POOL", False):
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": env.int("PORTAL_DB_POOL_SIZE", 10),
        "timeout": 5,  # seconds until a request fails because the database is not reachable
    }
    # Its connections are of logins that can become nobody else; outside of a request's transaction (a stream that
    # asks late) it is this one, which sees no tenant by itself.
    DATABASES["default"]["OPTIONS"]["login"] = "portal_web"
# What the passwords of these logins are made from (docs/operations.md).
DATABASE_LOGINS_SECRET = env.str("DATABASE_LOGINS_SECRET", "") or secret_file("DATABASE_LOGINS_SECRET_FILE")
DATABASE_LOGINS_SECRET = DATABASE_LOGINS_SECRET or SECRET_KEY

REDIS_URL = engines.redis_url()
# A request waits no longer than this for a cache that does not answer (redis-py would try for many seconds).
_CACHE_PATIENCE = {"socket_connect_timeout": 1, "socket_timeout": 2, "retry": Retry(NoBackoff(), 1)}
CACHES = {
    "default": {
        "BACKEND": "portal.common.cache.SteadyCache",  # an outage of Redis locks nobody out
        "LOCATION": REDIS_URL,
        "OPTIONS": _CACHE_PATIENCE,
    }
}
