"""Words of figures with their explanations: the one source for headings, explanations and the glossary page.

Consistent with docs/statistics.md, which has the formulas.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True, slots=True)
class Term:
    """A word and its explanation. `heading` is the word above a column, `also` are other headings that mean it."""

    name: str | Promise
    text: str | Promise
    heading: str | Promise = ""
    also: tuple[str | Promise, ...] = ()

    @property
    def forms(self) -> tuple[str | Promise, ...]:
        """All forms in which headings and labels show the word."""
        return tuple(form for form in (self.name, self.heading, *self.also) if form)


GLOSSARY: dict[str, Term] = {
    "messages": Term(
        _("Message"),
        _("One text to one number, whatever the number of its SMS parts."),
        heading=_("Messages"),
        also=(_("Messages, 30 days"),),
    ),
    "parts": Term(
        _("SMS parts"),
        _("A long text is sent in several parts. Billed parts are those that the gateway's codes call billed."),
        also=(_("Parts"),),
    ),
    "cost": Term(
        pgettext_lazy("figure", "Cost"),
        _(
            "What messages cost by the price list of their day, before VAT and without monthly fees. Messages without"
            " a price are not in it."
        ),
    ),
    "cost_per_delivered": Term(
        _("Cost of a delivered message"),
        _("The cost of all messages divided by those that were delivered and have a price."),
        heading=_("Per delivered message"),
    ),
    "cost_per_conversion": Term(
        _("Cost of a conversion"),
        _("The cost of all messages divided by the events that are attributed to the campaign, of all kinds."),
        heading=_("Per conversion"),
    ),
    "return": Term(
        pgettext_lazy("on cost", "Return"),
        _(
            "Revenue less cost, divided by the cost: 0 % pays for itself. Revenue in another currency than the cost"
            " is not compared with it."
        ),
    ),
    "margin": Term(_("Margin"), _("What customers are charged for messages, less what these messages cost.")),
    "cost_of_failed": Term(
        _("Cost of failed messages"),
        _("The part of the cost for messages that failed, expired or were rejected."),
        heading=pgettext_lazy("messages", "Failed"),
    ),
    "cost_of_1009": Term(
        _("Billed, not delivered"),
        _("The part of the cost of failed messages for the gateway's code 1009: billed, but not delivered."),
    ),
    "cost_of_unknown": Term(
        _("Cost of an unknown outcome"),
        _("The part of the cost for messages that ended without a known outcome (codes 4, 5 and 1010)."),
        heading=pgettext_lazy("messages", "Unknown"),
    ),
    "status": Term(
        _("Status"),
        _("What happened to a message so far: queued, sent, delivered, failed, expired, rejected or unknown."),
    ),
    "alert": Term(
        _("Alert"),
        _(
            "Something unusual that a rule found in the last minutes. Messages are looked at when they are old enough"
            " to be delivered, usually a minute, and compared with the same times of the past four weeks."
        ),
    ),
    "counts_as": Term(
        _("Counts as"),
        _("Delivered, failed (failed, expired or rejected), pending (queued or sent) or unknown: each message is one."),
    ),
    "result_code": Term(
        _("Result code"),
        _("The gateway's number for what happened to a message. It decides the status."),
        also=(_("Status, result code"),),
    ),
    "delivered": Term(
        pgettext_lazy("messages", "Delivered"),
        _("The operator reported that the message reached the phone. The share of all messages is the delivery rate."),
    ),
    "failed": Term(
        pgettext_lazy("messages", "Failed"), _("The message failed, expired or was rejected, and will not arrive.")
    ),
    "pending": Term(
        pgettext_lazy("messages", "Pending"),
        _("The message is queued or sent, and no final delivery report has come. It can still be delivered."),
    ),
    "unknown": Term(
        pgettext_lazy("messages", "Unknown"),
        _("The gateway ended the message without knowing whether it arrived. It is counted neither way."),
    ),
    "sent": Term(
        pgettext_lazy("messages", "Sent"), _("The gateway handed the message to the operator; it is still pending.")
    ),
    "sent_at": Term(
        _("Time of sending"),
        _("When the message was sent. It decides the day, the month and the period that the message is counted in."),
        heading=_("Sent"),
    ),
    "failures": Term(
        _("Failures"), _("Failed and unknown messages by their result code, with what the sender can do about it.")
    ),
    "share": Term(_("Share"), _("The messages of the row divided by all messages of the table.")),
    "delivery_rate": Term(
        _("Delivery rate"), _("Delivered messages divided by all messages, pending and unknown ones included.")
    ),
    "conversion_rate": Term(
        _("Conversion rate"),
        _("Recipients with an event, such as a purchase, divided by the recipients that got a message."),
    ),
    "interval": Term(
        _("Confidence interval"),
        _(
            "The true delivery rate lies in this range with a confidence of 95 percent."
            " Few messages make the range wide."
        ),
    ),
    "median": Term(
        _("Median time"),
        _("Half of the delivered messages arrived within this time after they were sent."),
        heading=_("Median"),
    ),
    "time_to_delivery": Term(
        _("Time to delivery"), _("From the time of sending to the delivery that the operator reported.")
    ),
    "p95": Term(
        _("95th percentile"),
        _("95 of 100 delivered messages arrived within this time; the slowest 5 took longer."),
        heading=_("95 of 100 arrived within"),
    ),
    "maturity": Term(_("Maturity"), _("The share of messages that have their final status.")),
    "provisional": Term(
        _("Provisional"), _("Late delivery reports are still expected, so the figures can still change.")
    ),
    "final": Term(_("Final"), _("The waiting time for late delivery reports is over.")),
    "outdated": Term(
        _("Outdated"),
        _("The figures changed after this report was created. Create the next revision to get the new ones."),
    ),
    "forecast": Term(
        _("Forecast"),
        _(
            "Messages so far, and for each day that is left the mean of its weekday in the last eight weeks. The range"
            " holds the result in 8 of 10 months. Holidays are not known to it."
        ),
    ),
    "revised": Term(
        _("Revised"),
        _("Figures changed after the final report, so a new revision was created. The older ones are still there."),
    ),
    "revision": Term(
        _("Revision"), _("The number of a month's report among those that differ. The newest has the highest number.")
    ),
    "other": Term(
        _("Other"), _("Everything too small or too numerous for a row of its own, so that the table adds up.")
    ),
    "partner_id": Term(
        _("Partner ID"),
        _("LINK's platformPartnerId (PPID) of a message. It says which customer a message belongs to."),
    ),
    "account": Term(
        _("Gateway account"),
        _("An account at the SMS gateway, by which messages are sent. It has its own partner IDs."),
    ),
    "operator": Term(
        _("Operator"),
        _("The mobile operator that the delivery reports of a message name."),
        also=(_("Country, operator"),),
    ),
    "ref_id": Term(
        _("refId"),
        _("The sender's own reference of a message. Campaign and variant are read from it."),
        heading=_("RefId"),
        also=(_("RefId, campaign"),),
    ),
    "campaign": Term(
        _("Campaign"),
        _("Messages whose refIds name the same campaign, by the rule in Settings."),
    ),
    "variant": Term(_("Variant"), _("One of several texts of a campaign that are compared, such as A and B.")),
    "custom_parameters": Term(
        _("Custom parameters"), _("Values that the sender attached to a message, each with a key.")
    ),
    "segment": Term(
        _("Segment"),
        _("Recipients whose messages have the same value of a chosen key: a custom parameter or a label of refIds."),
    ),
    "recipients": Term(
        _("Different recipients"),
        _("Each phone number counts once, however many messages were sent to it."),
        heading=_("Recipients"),
    ),
    "counted_on": Term(
        _("Counted on"), _("The day of sending in the customer's time zone. Figures of that day contain the message.")
    ),
    "gate": Term(
        _("Gate"),
        _("A rule that sends new delivery reports to your own systems: which ones, where, and how."),
        heading=_("Gates"),
    ),
    "gate_event": Term(
        pgettext_lazy("gate", "Event"),
        _("Something that happened in the portal and that a gate tells your system, such as a finished export."),
    ),
    "gate_success": Term(
        _("Success of a gate"),
        _("The share of the gate's requests of the last 24 hours that the receiver accepted, retries included."),
        heading=_("Success, 24 h"),
    ),
    "gate_p95": Term(
        _("p95 of a gate"),
        _(
            "95 of 100 reports that were accepted at the first attempt reached the receiver within this time, counted"
            " from when the portal received them. Of the last 24 hours."
        ),
        heading=_("p95, 24 h"),
    ),
    "gate_waiting": Term(
        _("Waiting at a gate"),
        _(
            "Delivery reports that are still to be sent: new ones, retries, and all that is held while a gate is"
            " paused."
        ),
        heading=_("Waiting"),
    ),
    "data_as_of": Term(
        _("Data as of"),
        _("All delivery reports received before this time are counted. “Waiting” are those received since then."),
    ),
}
