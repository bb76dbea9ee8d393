"""Job rows: work in the background that survives the death of its worker."""

from portal.common.jobs.engine import LEASE, claim, finish, renew, retry
from portal.common.jobs.waking import wake

__all__ = ["LEASE", "claim", "finish", "renew", "retry", "wake"]
