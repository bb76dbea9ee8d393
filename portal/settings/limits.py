"""Limits and times of the portal itself."""

from portal import connections
from portal.settings.base import env

NUMBER_SEARCHES_PER_HOUR = env.int("PORTAL_NUMBER_SEARCHES_PER_HOUR", 60)
PALETTE_PER_MINUTE = env.int("PORTAL_PALETTE_PER_MINUTE", 120)  # searches of one person in the command palette
SHARE_LINK_PER_MINUTE = env.int("PORTAL_SHARE_LINK_PER_MINUTE", 120)  # openings of one shared link
SHARE_ADDRESS_PER_MINUTE = env.int("PORTAL_SHARE_ADDRESS_PER_MINUTE", 60)  # of shared links, from one address

INGEST_MAX_BODY = 1024 * 1024  # bytes; docs/link.md section 3
ANSWER_WITHIN = env.float("PORTAL_ANSWER_WITHIN", 20.0)  # seconds until a page says that the database does not answer
CONNECTIONS = env.int("PORTAL_CONNECTIONS", connections.capacity())  # of a web process at once
REPORT_GRACE_HOURS = env.int("PORTAL_REPORT_GRACE_HOURS", 72)
REPORT_LEASE_SECONDS = env.int("PORTAL_REPORT_LEASE_SECONDS", 120)
SUBMISSION_REPORT_MINUTES = env.int("PORTAL_SUBMISSION_REPORT_MINUTES", 60)  # without any report: an alarm
NEW_CAMPAIGNS_PER_DAY = env.int("PORTAL_NEW_CAMPAIGNS_PER_DAY", 1000)
NEW_PARTNER_IDS_PER_DAY = env.int("PORTAL_NEW_PARTNER_IDS_PER_DAY", 1000)

EXPORT_MAX_ROWS = env.int("PORTAL_EXPORT_MAX_ROWS", 10_000_000)  # of a search that is saved as a file
EXPORT_MAX_BYTES = env.int("PORTAL_EXPORT_MAX_BYTES", 4 * 1024**3)  # of such a file
EXPORTS_PER_PERSON = env.int("PORTAL_EXPORTS_PER_PERSON", 3)  # that wait or are being made
EXPORTS_PER_TENANT = env.int("PORTAL_EXPORTS_PER_TENANT", 10)

# Addresses of the portal itself, beside this machine's, that gates may never send to.
GATE_OWN_ADDRESSES = env.list("PORTAL_GATE_OWN_ADDRESSES", default=[])
GATES_PER_TENANT = env.int("PORTAL_GATES_PER_TENANT", 100)
GATE_TESTS_PER_MINUTE = env.int("PORTAL_GATE_TESTS_PER_MINUTE", 10)  # of one tenant
GATE_TESTS_PER_HOUR = env.int("PORTAL_GATE_TESTS_PER_HOUR", 100)
