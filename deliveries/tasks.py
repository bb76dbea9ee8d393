"""The clock and the web call services here; nothing is decided here."""

from datetime import UTC, datetime

from celery import shared_task

from deliveries.attributing import attribute
from deliveries.checks import run
from deliveries.conversions import uploads
from deliveries.counts import rollups, segment_fold
from deliveries.exports import files, making
from deliveries.gates import failing
from deliveries.gates.at_link import sync
from deliveries.gates.replaying import forgetting, running
from deliveries.messages import event_log, month_filters, partitions
from deliveries.rederiving import moves, recount, rule_refold, segment_figures, segment_keys
from deliveries.retention import retention


@shared_task(name="deliveries.run_move", time_limit=3600)
def run_move(move_id: int) -> int:
    return moves.run_moves(move_id=move_id)  # claims the move's row; a second call finds it taken


@shared_task(name="deliveries.resume_moves", time_limit=3600)
def resume_moves() -> int:
    return moves.run_moves()


@shared_task(name="deliveries.run_recount", time_limit=3600)
def run_recount(recount_id: int) -> int:
    return recount.run_recounts(recount_id=recount_id)  # claims the recount's row


@shared_task(name="deliveries.resume_recounts", time_limit=3600)
def resume_recounts() -> int:
    return recount.run_recounts()


@shared_task(name="deliveries.resume_rule_refolds", time_limit=3600)
def resume_rule_refolds() -> int:
    return rule_refold.run_rule_refolds()  # claims the refold's row


@shared_task(name="deliveries.run_segment_key", time_limit=3600)
def run_segment_key(key_id: int) -> int:
    return segment_keys.run_segment_keys(key_id=key_id)  # claims the key's row


@shared_task(name="deliveries.resume_segment_keys", time_limit=3600)
def resume_segment_keys() -> int:
    return segment_keys.run_segment_keys()


@shared_task(name="deliveries.judge_segment_keys", time_limit=3600)
def judge_segment_keys() -> int:
    return segment_figures.judge(now=datetime.now(UTC))


@shared_task(name="deliveries.make_partitions", time_limit=60)
def make_partitions() -> None:
    partitions.make_ahead(datetime.now(UTC).date())
    event_log.forget(now=datetime.now(UTC))


@shared_task(name="deliveries.prepare_event_log", time_limit=60)
def prepare_event_log() -> bool:
    return event_log.prepare()


@shared_task(name="deliveries.run_checks", time_limit=1200)
def run_checks(names: list[str]) -> None:
    run.run_checks(now=datetime.now(UTC), names=names)


@shared_task(name="deliveries.run_first_checks", time_limit=1200)
def run_first_checks() -> None:
    run.run_first_checks(now=datetime.now(UTC))


@shared_task(name="deliveries.apply_retention", time_limit=3600)
def apply_retention() -> None:
    retention.apply_retention(now=datetime.now(UTC))  # one process at a time; what is cut short goes on next time


@shared_task(name="deliveries.condense_counts", time_limit=3600)
def condense_counts() -> int | None:
    return rollups.roll_up(now=datetime.now(UTC))


@shared_task(name="deliveries.fold_segment_counts", time_limit=600)
def fold_segment_counts() -> int:
    return segment_fold.fold_waiting()  # one process at a time; each chunk is a transaction


@shared_task(name="deliveries.make_identity_filters", time_limit=3600)
def make_identity_filters() -> int | None:
    return month_filters.make(now=datetime.now(UTC))


@shared_task(name="deliveries.run_export", time_limit=3600)
def run_export(export_id: int) -> int:
    return making.run_exports(export_id=export_id)  # claims the export's row; a second call finds it taken


@shared_task(name="deliveries.resume_exports", time_limit=3600)
def resume_exports() -> int:
    return making.run_exports()


@shared_task(name="deliveries.run_conversion_upload", time_limit=3600)
def run_conversion_upload(upload_id: int) -> int:
    return uploads.run_uploads(upload_id=upload_id)  # claims the upload's row


@shared_task(name="deliveries.resume_conversion_uploads", time_limit=3600)
def resume_conversion_uploads() -> int:
    return uploads.run_uploads()


@shared_task(name="deliveries.delete_uploaded_files", time_limit=1200)
def delete_uploaded_files() -> int:
    return uploads.delete_old_files(now=datetime.now(UTC))


@shared_task(name="deliveries.delete_old_exports", time_limit=1200)
def delete_old_exports() -> int:
    return files.delete_old(now=datetime.now(UTC))


@shared_task(name="deliveries.attribute_conversions", time_limit=3600)
def attribute_conversions() -> int | None:
    return attribute.attribute_due()  # one process at a time


@shared_task(name="deliveries.run_gate_replay", time_limit=3600)
def run_gate_replay(replay_id: int) -> int:
    return running.run_replays(replay_id=replay_id)  # claims the replay's row


@shared_task(name="deliveries.resume_gate_replays", time_limit=3600)
def resume_gate_replays() -> int:
    return running.run_replays()


@shared_task(name="deliveries.forget_gate_replays", time_limit=600)
def forget_gate_replays() -> int:
    return forgetting.forget(now=datetime.now(UTC))


@shared_task(name="deliveries.sync_gates", time_limit=3600)
def sync_gates(account_id: int, apply: int, actor: str) -> None:
    sync.run_asked(account_id, apply=bool(apply), actor=actor)


@shared_task(name="deliveries.watch_gates", time_limit=120)
def watch_gates() -> int:
    return failing.watch(now=datetime.now(UTC))


@shared_task(name="deliveries.look_at_gates", time_limit=3600)
def look_at_gates() -> None:
    sync.look_at_all()
