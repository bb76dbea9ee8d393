"""Saved reports, their runs and recipients as the API's answers take them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from deliveries.models import Gate
from portal.accounts.access import Access
from portal.accounts.models import Membership
from portal.common.masking import Masking
from portal.tenants.models import GatewayAccount
from reports.models import DefinitionFile, DefinitionRun, ReportDefinition, ReportMail, ReportRecipient
from reports.schedules import mailing
from reports.schedules.confirming import has_expired
from reports.schedules.definitions import VALUES


def shown_definitions(definitions: Sequence[ReportDefinition], masking: Masking) -> list[dict[str, Any]]:
    """Return saved reports as DefinitionAnswer takes them, without phone numbers that the key may not see."""
    accounts = {one.parameters["account"] for one in definitions if "account" in one.parameters}
    names = dict(GatewayAccount.objects.filter(id__in=accounts).values_list("id", "name"))
    chosen = {gate_id for one in definitions for gate_id in one.gates}
    gates = dict(Gate.objects.filter(id__in=chosen).values_list("id", "public_id"))
    return [
        {name: getattr(one, name) for name in VALUES}
        | {
            "id": one.pk,
            "tenant": one.tenant.slug,
            "name": masking.text(one.name),
            "parameters": _masked(_shown_parameters(one.parameters, names), masking),
            "gates": [gates[id_] for id_ in one.gates if id_ in gates],
            "owned_by": one.owned_by,
            "next_at": one.next_at,
            "stopped_at": one.stopped_at,
            "stopped_reason": one.stopped_reason or None,
            "created_at": one.created_at,
            "changed_at": one.changed_at,
            "url": reverse("api:definition", args=[one.pk]),
        }
        for one in definitions
    ]


def _masked(value: Any, masking: Masking) -> Any:
    if isinstance(value, dict):
        return {masking.text(name): _masked(inner, masking) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, masking) for inner in value]
    return masking.text(value) if isinstance(value, str) else value


def _shown_parameters(parameters: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    if "account" not in parameters:
        return parameters
    return parameters | {"account": names.get(parameters["account"])}


def shown_runs(runs: Sequence[DefinitionRun], access: Access) -> list[dict[str, Any]]:
    """Return runs as DefinitionRunAnswer takes them, with the editions of their files that the key may read."""
    files: dict[int, dict[str, DefinitionFile]] = defaultdict(dict)
    is_full = {DefinitionFile.Edition.FULL: True, DefinitionFile.Edition.MASKED: False}
    # The edition that is chosen is the last one, in full where the key may.
    order = ("-edition", "id") if access.masking.in_full else ("edition", "id")
    for file in DefinitionFile.objects.filter(run__in=runs).order_by(*order):
        if access.masking.in_full or not is_full[DefinitionFile.Edition(file.edition)]:
            files[file.run_id][file.format] = file
    return [_shown_run(run, files[run.pk]) for run in runs]


def _shown_run(run: DefinitionRun, files: dict[str, DefinitionFile]) -> dict[str, Any]:
    place = [run.definition_id, run.pk]
    is_done = run.state == DefinitionRun.State.DONE
    return {
        "id": run.pk,
        "definition": run.definition_id,
        "tenant": run.tenant.slug,
        "cause": run.cause,
        "requested_by": run.requested_by,
        "requested_at": run.created_at,
        "due_at": run.due_at,
        "first": run.first,
        "last": run.last,
        "timezone": run.tenant.timezone,
        "state": run.state,
        "progress": 100 if is_done else run.percent,
        "skipped": run.skipped or None,
        "kind": run.kind or None,
        "data_as_of": run.data_as_of,
        "maturity": run.maturity,
        "rows": run.rows,
        "finished_at": run.finished_at,
        "files": [
            {
                "format": name,
                "bytes": files[name].bytes,
                "sha256": files[name].sha256,
                "gone": files[name].gone or (DefinitionFile.Gone.ERASED if run.erased_at else None),
                "url": reverse("api:definition_run_file", args=[*place, name]),
            }
            for name in sorted(files)
            if is_done
        ],
        "url": reverse("api:definition_run", args=place),
    }


def shown_recipients(recipients: Iterable[ReportRecipient], *, now: datetime) -> list[dict[str, Any]]:
    """Return recipients as ReportRecipientAnswer takes them."""
    recipients = list(recipients)
    people = {one.user_id for one in recipients if one.user_id is not None}
    tenants = {one.tenant_id for one in recipients}
    members = set(
        Membership.objects.filter(tenant_id__in=tenants, user_id__in=people).values_list("user_id", flat=True)
    )
    return [
        {
            "id": one.pk,
            "email": _email(one),
            "kind": "member" if one.user_id is not None else "address",
            "state": _state(one, members, now),
            "added_by": one.added_by,
            "added_at": one.added_at,
        }
        for one in recipients
    ]


def _email(recipient: ReportRecipient) -> str | None:
    if recipient.user_id is not None:
        return recipient.user.email if recipient.user is not None else None
    return recipient.address.address if recipient.address is not None else None


def _state(recipient: ReportRecipient, members: set[int], now: datetime) -> str:
    address = recipient.address
    if recipient.unsubscribed_at is not None:
        return "unsubscribed"
    if address is None:
        return "receives" if recipient.user_id in members else "left"
    if address.declined_at is not None:
        return "declined"
    if address.confirmed_at is not None:
        return "receives"
    return "expired" if has_expired(address, now=now) else "waiting"


def shown_mails(mails: Iterable[ReportMail]) -> list[dict[str, Any]]:
    """Return mails of `mailing.mails_of` as ReportMailAnswer takes them."""
    return [
        {
            "id": one.pk,
            "run": one.run_id,
            "kind": one.kind,
            "email": _email(one.recipient) if one.recipient is not None else one.user.email if one.user else None,
            "state": one.state,
            "skipped": one.skipped or None,
            "error": one.error or None,
            "sent_as": one.how or None,
            "number": one.number,
            "requested_by": one.requested_by or None,
            "created_at": one.created_at,
            "sent_at": one.sent_at,
            "may_send_again": mailing.may_send_again(one),
            "url": reverse("api:definition_mail", args=[one.run.definition_id, one.pk]),
        }
        for one in mails
    ]
