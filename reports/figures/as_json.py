"""Figures as the API shows them."""

from dataclasses import asdict

from reports.figures.kpis import Kpis


def figures(kpis: Kpis, *, by_hour: bool = False) -> dict:
    """Return figures as the API shows them: rates are shares from 0 to 1, times seconds.

    Hours (`by_hour`) are not counted by what is final.
    """
    interval = kpis.delivery_interval
    latency = None
    if kpis.latency is not None:
        latency = {"median": kpis.median, "p90": kpis.percentile(0.9), "p95": kpis.p95, "p99": kpis.percentile(0.99)}
    return asdict(kpis.volume) | {
        "final": None if by_hour else kpis.final,
        "delivery_rate": kpis.delivery_rate,
        "delivery_rate_interval": list(interval) if interval else None,
        "delivery_rate_of_final": kpis.of_final,
        "failed_rate": kpis.failed_rate,
        "maturity": None if by_hour else kpis.maturity,
        "latency": latency,
    }
