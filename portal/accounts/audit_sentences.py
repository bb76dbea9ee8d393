"""Entries of the audit log as sentences: one template for each action.

A template may use `who`, `subject`, `changes` (all details in words) and the entry's details by their keys. An entry
that lacks one of them, or whose action has no template, gets a plain sentence with the action's name.
"""

import re
from datetime import date

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import AuditEntry, Role

SENTENCES: dict[str, Promise] = {
    # members and their access
    "member.invited": _("%(who)s invited %(subject)s as %(role)s."),
    "member.invitation_revoked": _("%(who)s revoked the invitation of %(subject)s."),
    "member.joined": _("%(who)s accepted the invitation of %(invited_by)s and is now %(role)s."),
    "member.role": _("%(who)s made %(subject)s %(to)s (before: %(from)s)."),
    "member.removed": _("%(who)s removed %(subject)s (before: %(role)s)."),
    "view_as.started": _("%(who)s (staff) started viewing as the customer. Reason: %(reason)s"),
    "view_as.stopped": _("%(who)s (staff) stopped viewing as the customer."),
    "audit.downloaded": _("%(who)s downloaded the audit log."),
    # API keys
    "api_key.created": _("%(who)s created the API key %(subject)s."),
    "api_key.revoked": _("%(who)s revoked the API key %(subject)s."),
    "api_key.abandoned": _("The holder of the API key %(subject)s may no longer hold it."),
    "api_key.kept": _("%(who)s kept the API key %(subject)s, whose holder has left."),
    # settings
    "settings.changed": _("%(who)s changed the settings. %(changes)s"),
    "ref_ids.changed": _("%(who)s changed how refIds are read: %(scheme)s"),
    "segment_key.chosen": _("%(who)s added the segment key %(subject)s."),
    "segment_key.removed": _("%(who)s removed the segment key %(subject)s."),
    "segment_key.refused": _(
        "The segment key %(subject)s has too many values for figures. Messages are still found by it."
    ),
    "tenant.recounted": _("The messages were recounted. Counted: %(messages)s; changed: %(changed)s."),
    # campaigns
    "campaign.changed": _("%(who)s changed the campaign %(subject)s. %(changes)s"),
    "campaign.comparison_saved": _("%(who)s saved the comparison %(name)s of the campaign %(subject)s."),
    "campaign.comparison_deleted": _("%(who)s deleted the comparison %(name)s of the campaign %(subject)s."),
    "campaign.merged": _("%(who)s merged the campaign %(subject)s into %(into)s."),
    "campaign.separated": _("%(who)s separated the campaign %(subject)s from %(into)s."),
    "campaign.window_changed": _("%(who)s set the conversion window of the campaign %(subject)s to %(minutes)s min."),
    "campaign.window_removed": _("%(who)s removed the conversion window of the campaign %(subject)s."),
    # messages and numbers
    "message.downloaded": _("%(who)s downloaded a list of messages. Messages: %(messages)s."),
    "message.number_revealed": _("%(who)s revealed the phone number of the message %(subject)s. Reason: %(reason)s"),
    "message.number_searched": _("%(who)s searched by the phone number %(number)s."),
    "message.number_searches_limited": _(
        "%(who)s reached the limit of searches by phone number. Limit an hour: %(an_hour)s."
    ),
    "quarantine.revealed": _("%(who)s revealed the quarantined request %(subject)s. Reason: %(reason)s"),
    "number.erased": _("%(who)s erased a phone number. Messages: %(messages)s."),
    # partner IDs
    "partner_id.declared": _("%(who)s declared the partner ID %(subject)s."),
    "partner_id.lost": _("%(who)s moved the partner ID %(subject)s to another customer."),
    "partner_id.returned": _("%(who)s returned the partner ID %(subject)s to the pool."),
    "partner_id.moved": _("The messages of the partner ID %(subject)s were moved. Messages: %(messages)s."),
    "partner_id.requested": _("%(who)s requested the partner ID %(subject)s."),
    "partner_id.request_approved": _("%(who)s approved the request for the partner ID %(subject)s."),
    "partner_id.request_refused": _("%(who)s rejected the request for the partner ID %(subject)s."),
    "partner_id.request_withdrawn": _("%(who)s withdrew the request for the partner ID %(subject)s."),
    "partner_id.number_erased": _("%(who)s erased a phone number from a partner ID, which is now %(subject)s."),
    # invoices of gateways
    "invoice_check.started": _("%(who)s started a check of the invoice %(subject)s of %(account)s for %(month)s."),
    "invoice_check.claimed": _("%(who)s downloaded the claim %(subject)s."),
    "invoice_check.deleted": _("%(who)s deleted the check of the invoice %(subject)s of %(account)s."),
    # reports
    "report.request": _("%(who)s requested the report for %(subject)s."),
    "report.download": _("%(who)s downloaded the report file %(subject)s."),
    "report_template.added": _("%(who)s added the workbook template %(subject)s."),
    "report_template.chosen": _("%(who)s chose the workbook template %(subject)s for monthly reports."),
    "report_template.unchosen": _("%(who)s stopped using the workbook template %(subject)s for monthly reports."),
    "report_template.removed": _("%(who)s removed the workbook template %(subject)s."),
    "report.removed": _("%(who)s removed the report for %(subject)s. Revisions: %(revisions)s."),
    "report.file_erased": _("The file of the report %(subject)s was deleted after an erasure."),
    "statement.issued": _("%(who)s issued the statement %(subject)s to %(customer)s for %(month)s."),
    "statement.credited": _("%(who)s credited the statement %(subject)s of %(customer)s by %(credit_note)s."),
    "statement.paid": _("%(who)s marked the statement %(subject)s as paid on %(paid_on)s."),
    "statement.unpaid": _("%(who)s marked the statement %(subject)s as not paid."),
    "statement.downloaded": _("%(who)s downloaded the file %(subject)s."),
    "closing.requested": _("%(who)s closed the month %(subject)s."),
    "closing.cancelled": _("%(who)s cancelled the closing of the month %(subject)s."),
    "closing.retried": _("%(who)s retried the closing of the month %(subject)s."),
    "billing.profile_changed": _("%(who)s changed the billing profile of %(subject)s: %(changes)s."),
    "billing.terms_changed": _("%(who)s changed the billing terms. Customer: %(subject)s. %(changes)s."),
    "billing.numbers_changed": _("%(who)s changed the numbers of statements. Next: %(subject)s."),
    "report_definition.created": _("%(who)s saved the report %(subject)s."),
    "report_definition.changed": _("%(who)s changed the saved report %(subject)s."),
    "report_definition.stopped": _("The saved report %(subject)s was stopped by %(who)s."),
    "report_definition.archived": _("%(who)s archived the saved report %(subject)s."),
    "report_definition.restored": _("%(who)s restored the saved report %(subject)s from the archive."),
    "definition_run.asked": _("%(who)s requested the report %(subject)s, %(first)s to %(last)s."),
    "definition_run.finished": _("The report %(subject)s of %(who)s is finished. Rows: %(rows)s; files: %(files)s."),
    "definition_run.refused": _("The report %(subject)s of %(who)s could not be made."),
    "definition_run.cancelled": _("%(who)s cancelled the report %(subject)s."),
    "definition_run.retried": _("%(who)s queued the report %(subject)s again."),
    "definition_run.downloaded": _("%(who)s downloaded the report file %(subject)s."),
    "definition_run.file_deleted": _("A file of the report %(subject)s was deleted by %(who)s."),
    "report_recipient.added": _("%(who)s added a recipient of the report %(subject)s."),
    "report_recipient.removed": _("%(who)s removed a recipient of the report %(subject)s."),
    "report_recipient.unsubscribed": _("%(who)s unsubscribed from the report %(subject)s."),
    "report_recipient.subscribed": _("%(who)s subscribed to the report %(subject)s again."),
    "report_address.confirmed": _("An outside address confirmed that it wants to receive reports (%(who)s)."),
    "report_address.declined": _("An outside address declined reports (%(who)s)."),
    "report_address.erased": _("%(who)s erased an outside address that received reports."),
    "report_mail.again": _("%(who)s sent an e-mail of the report %(subject)s again."),
    "report_mail.downloaded": _("%(who)s downloaded the report file %(subject)s by the link in an e-mail."),
    # saved views that are shared
    "view.shared": _("%(who)s shared the saved view %(subject)s with the members."),
    "view.unshared": _("%(who)s stopped sharing the saved view %(subject)s."),
    "view.renamed": _("%(who)s renamed a shared view to %(subject)s (before: %(from)s)."),
    "view.deleted": _("%(who)s deleted the shared view %(subject)s."),
    # the brand
    "brand.changed": _("%(who)s changed the brand. %(changes)s"),
    "brand.host_confirmed": _("%(who)s confirmed the host name %(subject)s."),
    "brand.host_lost": _("The host name %(subject)s is no longer used: its TXT record was missing for 7 days."),
    "export.asked": _("%(who)s requested the export %(subject)s."),
    "export.finished": _("The export %(subject)s of %(who)s is finished. Rows: %(rows)s."),
    "export.downloaded": _("%(who)s downloaded the export %(subject)s."),
    "export.cancelled": _("%(who)s cancelled the export %(subject)s."),
    "export.retried": _("%(who)s queued the export %(subject)s again."),
    "export.file_deleted": _("The file of the export %(subject)s was deleted by %(who)s."),
    "conversion_kind.added": _("%(who)s added the kind of conversion event %(subject)s."),
    "conversion_kind.changed": _("%(who)s changed the kind of conversion event %(subject)s. %(changes)s"),
    "conversion_kind.removed": _("%(who)s deleted the kind of conversion event %(subject)s."),
    "conversion_window.changed": _("%(who)s set the conversion window to %(minutes)s min (before: %(before)s min)."),
    "conversions.uploaded": _("%(who)s uploaded the conversion events of the file %(subject)s."),
    "conversions.upload_cancelled": _("%(who)s cancelled the upload of the file %(subject)s."),
    "conversions.upload_undone": _(
        "%(who)s undid the upload of the file %(subject)s. Deleted events: %(deleted)s; kept: %(kept)s."
    ),
    "conversion.deleted": _("%(who)s deleted the conversion event %(subject)s."),
    "share.created": _("%(who)s created the shared link %(subject)s."),
    "share.revoked": _("%(who)s revoked the shared link %(subject)s."),
    # staff and commands
    "provision": _("%(who)s set up %(subject)s. %(changes)s"),  # see PROVISIONED
    "admin.add": _("%(who)s (staff) added: %(subject)s."),
    "admin.change": _("%(who)s (staff) changed: %(subject)s. %(changes)s"),
    "admin.delete": _("%(who)s (staff) deleted: %(subject)s."),
    "tenant.added": _("%(who)s added the customer %(subject)s."),
    "tenant.undone": _("%(who)s (staff) undid adding the customer %(subject)s."),
    "feed.token": _("%(who)s added a token to the feed %(subject)s."),
    "gate_api.saved": _("%(who)s set the Gate API of the account %(subject)s. %(changes)s"),
    "gate_api.removed": _("%(who)s removed the Gate API of the account %(subject)s."),
    "gates_at_link.set": _(
        "%(who)s set gates at LINK for the account %(subject)s. Created: %(created)s; corrected: %(corrected)s; failed:"
        " %(failed)s."
    ),
    "budget.created": _("%(who)s created the budget %(subject)s: %(after)s."),
    "budget.changed": _("%(who)s changed the budget %(subject)s. Before: %(before)s. After: %(after)s."),
    "budget.retired": _("%(who)s retired the budget %(subject)s: %(before)s."),
    "price_list.created": _("%(who)s created the price list %(subject)s in %(currency)s."),
    "price_list.changed": _("%(who)s changed the price list %(subject)s. Before: %(before)s. After: %(after)s."),
    "price_list.prices": _("%(who)s changed prices of the list %(subject)s. Before: %(before)s. After: %(after)s."),
    "price_list.archived": _("%(who)s archived the price list %(subject)s."),
    "exchange_rate.set": _("%(who)s entered exchange rates. Before: %(before)s. After: %(after)s."),
    "exchange_rate.deleted": _("%(who)s deleted an exchange rate: %(before)s."),
    "alert.acknowledged": _("%(who)s acknowledged an alert of the rule %(subject)s."),
    "alert_rule.created": _("%(who)s created the alert rule %(subject)s."),
    "alert_rule.changed": _("%(who)s changed the alert rule %(subject)s."),
    "alert_rule.switched_on": _("%(who)s switched the alert rule %(subject)s on."),
    "alert_rule.switched_off": _("%(who)s switched the alert rule %(subject)s off."),
    "alert_rule.snoozed": _("%(who)s snoozed the alert rule %(subject)s."),
    "alert_rule.woken": _("%(who)s ended the snooze of the alert rule %(subject)s."),
    "alert_rule.deleted": _("%(who)s deleted the alert rule %(subject)s."),
    "gate.created": _("%(who)s created the gate %(subject)s."),
    "gate.changed": _("%(who)s changed the gate %(subject)s. %(changes)s"),
    "gate.deleted": _("%(who)s deleted the gate %(subject)s. Deliveries that waited: %(waiting)s."),
    "gate.paused": _("%(who)s paused the gate %(subject)s."),
    "gate.resumed": _("%(who)s resumed the gate %(subject)s."),
    "gate.tested": _("%(who)s tested the gate %(subject)s. Outcomes: %(outcomes)s."),
    "gate.secret_rotated": _("%(who)s gave the gate %(subject)s a new signing secret."),
    "gate.replay_started": _("%(who)s started a replay of the gate %(subject)s. Reports: %(reports)s."),
    "gate.replay_cancelled": _("%(who)s cancelled a replay of the gate %(subject)s. Not sent: %(withdrawn)s."),
    "gate.off_gone": _("%(who)s switched the gate %(subject)s off: its receiver answered 410 Gone."),
    "gate.off_failing": _("%(who)s switched the gate %(subject)s off: nothing arrived for five days."),
    "feed.signing_keys": _(
        "%(who)s set the signing keys of the feed %(subject)s. Added: %(added)s, removed: %(removed)s."
    ),
    "mail.shown": _("%(who)s read the unsent e-mail to %(subject)s."),
    "inbox.replay": _("%(who)s replayed stored rows, received from %(from)s to %(to)s. Rows: %(rows)s."),
    "quarantine.replay": _("%(who)s replayed rows from quarantine. Rows: %(rows)s."),
    "quarantine.discard": _("%(who)s discarded rows from quarantine. Rows: %(rows)s. Reason: %(subject)s"),
    "quarantine.put_aside": _("%(who)s put rows aside in quarantine. Rows: %(rows)s."),
    "secrets.resealed": _(
        "%(who)s encrypted stored secrets with the present key. Rows: %(resealed)s; unreadable: %(unreadable)s."
    ),
    "counts.reconciled": _("%(who)s compared counts and messages. Differences: %(differences)s."),
    "messages.refolded": _("The status of messages was recalculated. Messages: %(messages)s; changed: %(changed)s."),
    "partnermove.retried": _("%(who)s retried moves of partner IDs. Jobs: %(jobs)s."),
    "partnermove.cancelled": _("%(who)s cancelled moves of partner IDs. Jobs: %(jobs)s."),
    "tenantrecount.retried": _("%(who)s retried recounts. Jobs: %(jobs)s."),
    "tenantrecount.cancelled": _("%(who)s cancelled recounts. Jobs: %(jobs)s."),
    "rulerefold.retried": _("%(who)s retried recalculations of message status. Jobs: %(jobs)s."),
    "rulerefold.cancelled": _("%(who)s cancelled recalculations of message status. Jobs: %(jobs)s."),
    "conversionupload.retried": _("%(who)s retried uploads of conversion events. Jobs: %(jobs)s."),
    "conversionupload.cancelled": _("%(who)s cancelled uploads of conversion events. Jobs: %(jobs)s."),
    "segmentkey.retried": _("%(who)s retried the indexing of segment keys. Jobs: %(jobs)s."),
    "segmentkey.cancelled": _("%(who)s cancelled the indexing of segment keys. Jobs: %(jobs)s."),
    "gatereplay.retried": _("%(who)s retried replays of gates. Jobs: %(jobs)s."),
    "gatereplay.cancelled": _("%(who)s cancelled replays of gates. Jobs: %(jobs)s."),
    "reportrun.retried": _("%(who)s retried report runs. Jobs: %(jobs)s."),
    "reportrun.cancelled": _("%(who)s cancelled report runs. Jobs: %(jobs)s."),
    "definitionrun.retried": _("%(who)s retried runs of saved reports. Jobs: %(jobs)s."),
    "definitionrun.cancelled": _("%(who)s cancelled runs of saved reports. Jobs: %(jobs)s."),
    "closingrun.retried": _("%(who)s retried closings of months. Jobs: %(jobs)s."),
    "closingrun.cancelled": _("%(who)s cancelled closings of months. Jobs: %(jobs)s."),
    "invoicecheck.retried": _("%(who)s retried invoice checks. Jobs: %(jobs)s."),
    "invoicecheck.cancelled": _("%(who)s cancelled invoice checks. Jobs: %(jobs)s."),
    "erasedmonth.retried": _("%(who)s retried the deletion of older workbooks. Jobs: %(jobs)s."),
    "erasedmonth.cancelled": _("%(who)s cancelled the deletion of older workbooks. Jobs: %(jobs)s."),
    # a person's own account
    "sign_in": _("%(who)s signed in."),
    "sign_in.locked": _("Sign-in of %(who)s was locked. Wrong passwords: %(failures)s."),
    "password.changed": _("%(who)s changed their password."),
    "password.reset": _("%(who)s reset their password by a link from an e-mail."),
    "email.changed": _("%(who)s changed their address, which was %(subject)s before."),
    "second_factor.added": _("%(who)s added a second factor: %(kind)s."),
    "second_factor.removed": _("%(who)s removed a second factor."),
    "second_factor.new_codes": _("%(who)s created new recovery codes."),
    "sessions.ended": _("%(who)s (staff) signed %(subject)s out everywhere."),
}
WITHOUT_ITS_OWN = _("%(who)s: %(action)s %(subject)s")

# Entries of provisioning files, by the kind of their subject and by the detail that says what was done.
PROVISIONED: dict[tuple[str, str], Promise] = {
    ("tenant", "created"): _("%(who)s added the customer %(name)s."),
    ("tenant", "changed"): _("%(who)s changed the customer %(name)s. Changed: %(changed)s."),
    ("user", "role"): _("%(who)s made %(name)s %(role)s."),
    ("user", "created"): _("%(who)s added the user %(name)s."),
    ("user", "changed"): _("%(who)s changed the user %(name)s. Changed: %(changed)s."),
    ("account", "created"): _("%(who)s added the gateway account %(name)s."),
    ("account", "changed"): _("%(who)s changed the gateway account %(name)s. Changed: %(changed)s."),
    ("feed", "created"): _("%(who)s added the feed %(name)s."),
    ("feed", "changed"): _("%(who)s changed the feed %(name)s. Changed: %(changed)s."),
    ("feed", "token_added"): _("%(who)s added a token to the feed %(name)s."),
}
WAYS = ("role", "token_added", "changed", "created")
MONTH = re.compile(r"(?<![\w-])(\d{4})-(0[1-9]|1[0-2])(?![\w-])")
WITH_A_MONTH = (
    "report.request",
    "report.removed",
    "report.file_erased",
    "closing.requested",
    "closing.cancelled",
    "closing.retried",
)

ROLE_WORDS = {
    Role.OWNER: _("an owner"),
    Role.MANAGER: _("a manager"),
    Role.ANALYST: _("an analyst"),
    Role.VIEWER: _("a viewer"),
    Role.ACCOUNTANT: _("an accountant"),
}
BECOMES = {"member.invited": ("role",), "member.joined": ("role",), "member.role": ("to",)}  # with an article
FACTOR_WORDS = {
    "totp": _("an authenticator app"),
    "webauthn": _("a passkey or security key"),
    "recovery_codes": _("recovery codes"),
}
ACTORS = {  # who is no person
    "portal": _("The portal"),
    "move": _("The portal"),
    "recount": _("The portal"),
    "refold": _("The portal"),
    "schedule": _("The portal"),
    "command provision": _("The operator's setup file"),
}
COMMAND, OF_COMMANDS = "command ", _("The operator's command %(name)s")
DETAIL_NAMES = {
    "name": _("Name"),
    "timezone": _("Time zone"),
    "country": _("Country"),
    "language": _("Language"),
    "currency": _("Currency"),
    "accent": _("Accent colour"),
    "product_name": _("Product name"),
    "sender_name": _("Sender of e-mails"),
    "colour": _("Colour"),
    "logo": _("Logo"),
    "host": _("Host name"),
    "require_mfa": _("Require a second factor"),
    "raw_days": _("Days to keep original delivery reports"),
    "number_days": _("Days to keep phone numbers"),
    "message_days": _("Days to keep messages"),
    "created": _("Created"),
    "changed": _("Changed"),
    "fields": _("Fields"),
    "title": _("Title"),
    "note": _("Note"),
    "tags": _("Tags"),
    "owner": _("Owner"),
    "planned_start": _("Planned start"),
    "planned_split": _("Planned split"),
    "day_notes": _("Notes on days"),
    "archived": _("Archived"),
    "role": _("Role"),
    "reason": _("Reason"),
    "messages": _("Messages"),
    "window_minutes": _("Window in minutes"),
    "is_otp": _("One-time password"),
    # of gates
    "gate": _("Gate"),
    "ref_id": _("Reference"),
    "destinations": _("Destinations"),
    "gate_type": _("Type"),
    "ttl_ms": _("Time to live"),
    "acknowledge": _("The answer must have a body"),
    "throttle": _("Requests per second at most"),
    "custom_parameters": _("Custom parameters of the gate"),
    "body": _("Body"),
    "batch_size": _("Reports per request"),
    "partner_ids": _("Partner IDs"),
    "final_only": _("Final states only"),
    "statuses": _("Statuses"),
    "countries": _("Countries"),
    "campaign_ids": _("Campaigns"),
    "ref_id_prefix": _("The refId begins with"),
    "parameter_key": _("Custom parameter of the message"),
    "parameter_value": _("Value of the custom parameter"),
}
OF_SETUP = {"ref_id": _("How refIds are read")}  # a customer's, in a setup file


def sentence(entry: AuditEntry) -> str:
    """Return the entry as one sentence in the current language."""
    values = {"who": actor_in_words(entry.actor), "subject": _subject(entry)}
    values |= {"changes": details_in_words(entry), "action": entry.action}
    values |= {key: _in_words(key, value) for key, value in entry.details.items()}
    template = SENTENCES.get(entry.action, WITHOUT_ITS_OWN)
    becomes = BECOMES.get(entry.action, ())
    if entry.action == "provision":
        kind, _space, values["name"] = entry.subject.partition(" ")
        way = next((way for way in WAYS if entry.details.get(way)), "")
        template, becomes = PROVISIONED.get((kind, way), template), ("role",)
    for name in set(becomes) & values.keys():
        role = entry.details.get(name)
        values[name] = str(ROLE_WORDS.get(role, role))
    try:
        return (str(template) % values).strip()
    except KeyError:  # an older entry, without a detail that the sentence needs
        return (str(WITHOUT_ITS_OWN) % values).strip()


def actor_in_words(actor: str) -> str:
    """Return who did it: a person's address or key as it is stored, a program in words."""
    if actor not in ACTORS and actor.startswith(COMMAND):
        return str(OF_COMMANDS) % {"name": actor.removeprefix(COMMAND)}
    return str(ACTORS.get(actor, actor))


def _subject(entry: AuditEntry) -> str:
    """Return the entry's subject, with the month of a report by its name."""
    if entry.action not in WITH_A_MONTH:
        return entry.subject
    return MONTH.sub(
        lambda found: date_format(date(int(found[1]), int(found[2]), 1), "YEAR_MONTH_FORMAT"), entry.subject
    )


def details_in_words(entry: AuditEntry) -> str:
    """Return the entry's details as `Name: value; Name: value`."""
    return "; ".join(
        f"{DETAIL_NAMES.get(key, key)}: {_in_words(key, value)}" for key, value in sorted(entry.details.items())
    )


def _in_words(key: str, value: object) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, int):
        return number_format(value, force_grouping=True)
    if isinstance(value, list):
        names = {"changed": DETAIL_NAMES | OF_SETUP, "fields": DETAIL_NAMES}.get(key, {})
        return ", ".join(str(names.get(one, one)) for one in value)
    text = str(value)
    if key in ("role", "from", "to") and text in Role:
        return str(Role(text).label)
    return str(FACTOR_WORDS.get(text, text)) if key == "kind" else text
