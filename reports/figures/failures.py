"""The result codes that kept messages from being delivered, with their words."""

from dataclasses import dataclass

from django.db.models import Sum

from campaigns.statistics import rate
from deliveries.dialects.advice import advice
from deliveries.dialects.codes import COUNTS_AS
from deliveries.models import CampaignCount, DailyCount, ResultCode
from portal.tenants.models import Feed
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import count_sources

_UNKNOWN_CODE = {"en": "Unknown result code", "fi": "Tuntematon tuloskoodi"}
_KEYS = ("account_id", "status", "result_code")
NOT_DELIVERED = [status for status, counts_as in COUNTS_AS.items() if counts_as in ("failed", "unknown")]


@dataclass(frozen=True, slots=True)
class FailureRow:
    """Messages with one result code that failed or whose result is uncertain.

    `text` is the code's meaning and `advice` is for the sender, both in the requested language; `share` is that of all
    failed and unknown messages.
    """

    result_code: int
    status: str
    reason: str
    text: str
    advice: str
    messages: int
    share: float


def failures(query: StatisticsQuery, *, language: str = "en") -> list[FailureRow]:
    """Return the codes of failed and unknown messages, the most frequent first."""
    dialects = dict(Feed.objects.values_list("account_id", "dialect"))
    codes = {(code.dialect, code.code): code for code in ResultCode.objects.all()}
    found: dict[tuple, int] = {}
    for source in count_sources(query, CampaignCount if query.is_of_campaigns else DailyCount, columns=_KEYS):
        rows = source.filter(status__in=NOT_DELIVERED).values(*_KEYS).annotate(n=Sum("messages"))
        for row in rows.filter(n__gt=0):
            key = (dialects.get(row["account_id"]), row["result_code"], row["status"])
            found[key] = found.get(key, 0) + row["n"]
    of = sum(found.values())
    result = []
    for (dialect, number, status), n in found.items():
        code = codes.get((dialect, number))
        reason = code.reason or "other" if code else "other"
        text = _UNKNOWN_CODE["fi" if language == "fi" else "en"]
        if code is not None:
            text = (code.text_fi if language == "fi" else "") or code.text_en
        sentence = advice(dialect, number, language, is_known=code is not None)
        result.append(FailureRow(number, status, reason, text, sentence, n, rate(n, of)))
    return sorted(result, key=lambda row: (-row.messages, row.result_code, row.status))
