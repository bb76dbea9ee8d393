"""Requests to URLs that customers choose: checked URLs and addresses, no redirects, limits of time and size.

`check_url` and `check_header` check what a person or a program sets up; `Egress` sends, and checks again
(docs/operations.md).
"""

from portal.common.egress.client import Answer, Egress, SendError
from portal.common.egress.headers import check_header
from portal.common.egress.urls import check_url

__all__ = ["Answer", "Egress", "SendError", "check_header", "check_url"]
