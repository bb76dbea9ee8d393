"""faults and slow_senders: what senders see while something is killed, hangs or is overrun; the kit is tests/faults."""

import resource
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from statistics import median

from django.conf import settings

from benchmarks.figure import Figure
from benchmarks.stage import Stage
from tests.faults.checker import problems
from tests.faults.load import Load
from tests.faults.overload import overload
from tests.faults.portal import Portal, end_portal, new_home, new_load, start_portal
from tests.faults.slow import KINDS, SLOW, p99_beside_slow_ones
from tests.faults.victims import hang, kill, redis_process, signal_all, stopped
from tests.running import until

CROWD = 5000
VICTIMS = ("postgres", "web", "applier")


def faults(stage: Stage) -> Iterator[Figure]:
    """Seconds until reports are taken again after each fault, and that none of the acknowledged ones is lost."""
    with portal_to_break() as portal:
        yield from _kills(portal, rounds=1 if stage.quick else 10)
        yield from _hangs(portal, seconds=3 if stage.quick else 20)
        yield from _redis(portal, reports=4000 if stage.quick else 10_000)
        yield from _overload(portal, seconds=4 if stage.quick else 60)


def slow_senders(stage: Stage) -> Iterator[Figure]:
    """Good reports, one after the other, beside 200 and 5,000 slow senders of each kind, all from one address."""
    posts = 300 if stage.quick else 2000
    room = allow_open_files(CROWD + 200) - 200
    with portal_to_break() as portal:
        alone = p99_beside_slow_ones(portal, KINDS["silence"], count=0, posts=posts) * 1000
        for count in (SLOW, min(CROWD, room)):
            for name, kind in KINDS.items():
                p99 = p99_beside_slow_ones(portal, kind, count=count, posts=posts) * 1000
                note = f"beside {count} slow senders; {alone:.1f} ms beside none"
                yield Figure(f"slow_senders_{name}_{count}_p99", p99, "ms", baseline=alone, note=note)


def allow_open_files(count: int) -> int:
    """Let this process and the portal that it starts open so many files; return how many they may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(soft, allowed)


@contextmanager
def portal_to_break() -> Iterator[Portal]:
    """A portal in a home of its own: its PostgreSQL is killed, and the other benchmarks go on working with theirs."""
    logs = settings.PORTAL_HOME / "log" / "faults"
    shutil.rmtree(logs, ignore_errors=True)  # of the run before
    logs.mkdir(parents=True)
    portal = start_portal(new_home(), logs)
    try:
        yield portal
    finally:
        end_portal(portal)


def _kills(portal: Portal, *, rounds: int) -> Iterator[Figure]:
    seconds: dict[str, list[float]] = {victim: [] for victim in VICTIMS}
    with new_load(portal) as load:
        random = Random(load.seed)
        for _ in range(rounds):
            for victim in random.sample(VICTIMS, len(VICTIMS)):
                until(load.grown(random.randrange(1, 600)), "the load goes on")
                seconds[victim].append(kill(portal, victim, load))
        until(load.grown(100), "the load goes on")
    lost = _lost(portal, load)
    for victim in ("postgres", "web"):
        note = f"at most, until reports are taken again; median {median(seconds[victim]):.1f} s of {rounds}"
        yield Figure(f"faults_kill_{victim}", max(seconds[victim]), "s", note=note)
    note = f"seed {load.seed}, {rounds * len(VICTIMS)} kills; {len(load.sent - load.acknowledged)} more were sent"
    yield Figure("faults_acknowledged", float(len(load.acknowledged)), "DLRs", note=note)
    yield Figure("faults_lost", float(lost), "DLRs", note="acknowledged and not stored")


def _hangs(portal: Portal, *, seconds: float) -> Iterator[Figure]:
    for name, hold in (("stopped", "SIGSTOP"), ("locked", "a locked table")):
        with new_load(portal) as load:
            until(load.grown(100), "the load is taken")
            again = hang(portal, load, hold, seconds=seconds)
        note = f"after {hold} of {seconds} s; slowest answer {load.slowest:.1f} s, {_lost(portal, load)} lost"
        yield Figure(f"faults_{name}", again, "s", note=note)


def _redis(portal: Portal, *, reports: int) -> Iterator[Figure]:
    with new_load(portal) as load:
        signal_all([redis_process(portal)], signal.SIGKILL)
        until(load.grown(reports), "the load goes on without Redis", within=600)
        until(lambda: redis_process(portal) > 0, "Redis is back")
        with stopped([redis_process(portal)]):
            until(load.grown(reports), "the load goes on while Redis hangs", within=600)
    refused = load.answers.total() - load.answers[200]
    note = f"Redis killed, then stopped; {refused} of {load.answers.total()} bodies refused, {_lost(portal, load)} lost"
    yield Figure("faults_redis_p99", load.p99 * 1000, "ms", note=note)


def _overload(portal: Portal, *, seconds: float) -> Iterator[Figure]:
    found = overload(portal, seconds=seconds)
    load = found.load
    note = f"{found.times} times {found.taken:.0f}/s for {seconds} s; slowest answer {load.slowest:.1f} s"
    yield Figure("faults_overload_refused", found.refused * 100, "%", note=note)
    yield Figure("faults_overload_p99", load.p99 * 1000, "ms", note=f"of the accepted; {_lost(portal, load)} lost")
    yield Figure("faults_overload_recovery", found.recovered, "s", note="until one is taken after the last")


def _lost(portal: Portal, load: Load) -> int:
    """Return how many acknowledged reports are not stored. Raises RuntimeError for anything else that is wrong."""
    found = problems(portal, load)
    lost = sum(int(line.split()[0]) for line in found if line.endswith("acknowledged, but not stored"))
    if len(found) > (lost > 0):
        raise RuntimeError(f"seed {load.seed}: {found}")
    return lost
