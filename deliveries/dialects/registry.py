"""The dialects by name. A new one is a line here (docs/dialects.md)."""

from deliveries.dialects import link, mylink_multichannel, mylink_sms
from deliveries.dialects.dialect import Dialect

DIALECTS: dict[str, Dialect] = {
    "link": link.DIALECT,
    "mylink_sms": mylink_sms.DIALECT,
    "mylink_multichannel": mylink_multichannel.DIALECT,
}
