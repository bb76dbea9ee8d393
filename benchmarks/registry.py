"""Every benchmark by its name: a function that yields figures."""

from collections.abc import Callable, Iterator

from benchmarks.api import api_statistics, submissions
from benchmarks.applying import apply
from benchmarks.applying_keys import apply_keys
from benchmarks.billing import billing
from benchmarks.disk import bytes_on_disk
from benchmarks.exporting import exports
from benchmarks.faults import faults, slow_senders
from benchmarks.figure import Figure
from benchmarks.flow import end_to_end, peak
from benchmarks.gates import gates
from benchmarks.importing import import_dlrs
from benchmarks.ingest import ingest_batch, ingest_http
from benchmarks.memory import memory
from benchmarks.message_log import message_log
from benchmarks.page_speed import pages
from benchmarks.pages import lighthouse
from benchmarks.reading import campaign_list, overview_sql, searching, workbook
from benchmarks.stage import Stage
from benchmarks.streaming import stream

BENCHMARKS: dict[str, Callable[[Stage], Iterator[Figure]]] = {
    "ingest_http": ingest_http,
    "ingest_batch": ingest_batch,
    "apply": apply,
    "apply_keys": apply_keys,
    "end_to_end": end_to_end,
    "peak": peak,
    "memory": memory,
    "import_dlrs": import_dlrs,
    "gates": gates,
    "stream": stream,
    "submissions": submissions,
    "api_statistics": api_statistics,
    "bytes": bytes_on_disk,
    "search": searching,
    "overview": overview_sql,
    "campaign_list": campaign_list,
    "pages": pages,
    "workbook": workbook,
    "exports": exports,
    "message_log": message_log,
    "billing": billing,
    "lighthouse": lighthouse,
    "faults": faults,
    "slow_senders": slow_senders,
}
