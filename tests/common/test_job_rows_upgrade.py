"""Rows of jobs that an earlier version wrote keep their states, times and progress."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from portal.common import jobs

pytestmark = pytest.mark.django_db
JOBS = [("campaigns", "0004_jobs"), ("deliveries", "0024_jobs"), ("reports", "0006_jobs")]
AT = "2026-11-20T10:00:00Z"

OLD_ROWS = f"""
INSERT INTO partner_move (tenant_id, partner_id, state, total, moved, attempts, lease_until, queued_at) VALUES
    (%(tenant)s, %(partner)s, 'running', 3, 5, 7, '{AT}', '{AT}'),
    (%(tenant)s, %(partner)s, 'done', 4, 4, 1, NULL, '{AT}');
INSERT INTO tenant_recount (tenant_id, reason, state, total, done, changed, after_account_id, after_message_id,
    attempts, queued_at) VALUES (%(tenant)s, 'zone', 'queued', 0, 0, 0, 0, '', 0, '{AT}');
INSERT INTO rule_refold (state, after_account_id, after_message_id, done, changed, attempts, queued_at) VALUES
    ('running', 1, 'a', 8, 1, 2, '{AT}'), ('done', 1, 'z', 9, 1, 1, '{AT}');
INSERT INTO campaigns_segmentkey (tenant_id, key, removed, state, total, done, attempts, queued_at) VALUES
    (%(tenant)s, 'store', false, 'done', 6, 6, 1, '{AT}');
INSERT INTO report_run (tenant_id, month, kind, revision, requested_by, requested_at, idempotency_key, state, progress,
    attempts, error, file, sha256, masked_file, masked_sha256, content_hash, rows_hash)
SELECT %(tenant)s, '2026-10-01', 'final', row_number() OVER (), 'x', '{AT}', '', state, progress, attempts, error,
    file, file, '', '', '', '' FROM (VALUES ('waiting', 0, 0, '', ''), ('running', 40, 2, '', ''),
    ('done', 100, 1, '', 'f'), ('failed', 20, 5, 'ValueError: x', '')) AS r (state, progress, attempts, error, file)
"""


def _settle_constraints() -> None:
    """Check foreign keys now: a table with checks to come is not altered. Outside tests each migration commits."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def migrate() -> Callable[[bool], None]:
    """Return what applies the migrations of jobs (True) or takes them and all later ones back (False)."""

    def migrate(is_forward: bool) -> None:
        executor = MigrationExecutor(connection)
        if is_forward:
            for nodes in (list(JOBS), executor.loader.graph.leaf_nodes()):
                _settle_constraints()
                MigrationExecutor(connection).migrate(nodes)
        else:
            _settle_constraints()
            parents = [executor.loader.graph.node_map[node].parents for node in JOBS]
            apps = {app for app, _name in JOBS}
            executor.migrate([parent.key for found in parents for parent in found if parent.key[0] in apps])

    return migrate


def test_older_rows_keep_state_times_and_progress(tenant, migrate):
    partner = tenant.partner_ids.get()
    migrate(False)
    with connection.cursor() as cursor:
        cursor.execute(OLD_ROWS, {"tenant": tenant.id, "partner": partner.id})
    migrate(True)

    younger = {"conversion_upload", "definition_run", "export", "gate_replay", "invoice_check", "workbook_deletion"}
    models = {model.KIND: model for model in jobs.job_models() if model.KIND not in younger}
    assert {
        kind: list(model.objects.order_by("id").values_list("state", "done", "total", "attempts", "error"))
        for kind, model in models.items()
    } == {
        "move": [("running", 5, 5, 7, ""), ("done", 4, 4, 1, "")],
        "recount": [("queued", 0, 0, 0, "")],
        "refold": [("running", 8, 0, 2, ""), ("done", 9, 9, 1, "")],
        "segment_key": [("queued", 0, 0, 0, "")],  # stored messages are to be counted by it
        "report": [
            ("queued", 0, 100, 0, ""), ("running", 40, 100, 2, ""), ("done", 100, 100, 1, ""),
            ("failed", 20, 100, 5, "ValueError: x"),
        ],
    }  # fmt: skip
    for model in models.values():
        assert {at.isoformat() for at in model.objects.values_list("created_at", flat=True)} == {
            "2026-11-20T10:00:00+00:00"
        }
    assert list(models["report"].objects.order_by("id").values_list("waits_for_inbox", flat=True)) == [
        True,
        *[False] * 3,
    ]
