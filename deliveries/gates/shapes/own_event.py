"""An event of the portal that is no delivery report, such as a finished export, as JSON; pure.

The envelope is that of Standard Webhooks, as that of reports (event.py).
"""

import orjson

from deliveries.gates.forwarded import Event
from deliveries.gates.shapes.link import link_time


def json_of(event: Event) -> bytes:
    """Return the event. Its time is when it took place."""
    own = {"id": event.id, "tenant": event.tenant_slug, "tenant_name": event.tenant_name}
    return orjson.dumps({"type": event.type, "timestamp": link_time(event.received_at), "data": own | event.body})
