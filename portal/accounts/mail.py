"""Mail: written in the request, sent after its commit by the worker."""

import logging
from dataclasses import dataclass, replace
from email.mime.image import MIMEImage
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils.translation import gettext

from portal.accounts.mail_html import LOGO_ID, html_of
from portal.accounts.models import Membership
from portal.brands.brand import Brand, brand_from, chain_of, common_brand
from portal.brands.models import TenantBrand
from portal.common.jobs import wake
from portal.tenants.scope import signin_login

logger = logging.getLogger(__name__)

KEPT = "portal.accounts.unsent_mail.KeepingBackend"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in a brand: its two parts, the sender's name and the digest of the logo on top ('': none).

    `unsubscribe` is an address that stops such mails by one POST (RFC 8058), or ''.
    """

    subject: str
    text: str
    html: str = ""
    sender: str = ""
    logo: str = ""
    unsubscribe: str = ""


def is_set() -> bool:
    """Return whether e-mails are sent; without EMAIL_URL staff read them in the admin."""
    return settings.EMAIL_BACKEND != KEPT


def send_after_commit(
    *, to: str, subject: str, text: str, action: str = "", stop: tuple[str, str] | None = None
) -> None:
    """Hand an e-mail to the worker when the open transaction is committed.

    Its HTML is made here, in the language of the text and the brand of the recipient's tenants; `action` is what the
    button for its link says; `stop` are words and address of the link that ends such mails. An unreachable broker or
    mail server must not undo the change: the error is logged.
    """
    letter = write(subject=subject, text=text, action=action, brand=brand_for(to), footer=stop)
    hand_over_after_commit(to=to, letter=replace(letter, unsubscribe=stop[1] if stop else ""))


def hand_over_after_commit(*, to: str, letter: Letter) -> None:
    """Hand a mail that is written already to the worker when the open transaction is committed."""
    transaction.on_commit(lambda: _hand_over(to, letter), robust=True)


def write(*, subject: str, text: str, action: str, brand: Brand, footer: tuple[str, str] | None = None) -> Letter:
    """Return a mail in the current language with the brand's names, colour and logo.

    `footer` is a small link below it: its words and its address.
    """
    own = gettext("SMS reports")
    text = text.rstrip()
    if text.endswith(f"\n\n{own}"):
        text = f"{text.removesuffix(own)}{brand.product}"
    html = html_of(subject=subject, text=text, action=action, brand=brand, footer=footer)
    if footer:
        text = f"{text}\n\n{footer[0]}: {footer[1]}"
    return Letter(subject, f"{text}\n", html, brand.sender, brand.logo)


def brand_for(address: str) -> Brand:
    """Return the brand that mails to this address have: that of the person's tenants if all have the same."""
    with signin_login():
        chains = Membership.objects.filter(user__email__iexact=address).annotate(chain=chain_of("tenant_id"))
        return common_brand(brand_from(chain) for chain in chains.values_list("chain", flat=True)[:100])


def send(*, to: str, letter: Letter) -> None:
    """Send a mail now. Raises OSError and smtplib.SMTPException, which the worker takes as "try again"."""
    message_of(to=to, letter=letter).send()


def message_of(*, to: str, letter: Letter) -> EmailMultiAlternatives:
    """Return the message that a mail server gets; the caller may add headers and attachments."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    sender = formataddr((letter.sender, address)) if letter.sender else None
    message = EmailMultiAlternatives(subject=letter.subject, body=letter.text, to=[to], from_email=sender)
    if letter.unsubscribe:
        message.extra_headers |= {
            "List-Unsubscribe": f"<{letter.unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    if letter.logo:
        _attach_logo(message, letter.logo)
    return message


def _attach_logo(message: EmailMultiAlternatives, digest: str) -> None:
    """Add the logo that the HTML names: a mail loads nothing from elsewhere. A logo replaced since is left out."""
    png = TenantBrand.objects.filter(logo_digest=digest).values_list("logo", flat=True).first()
    if png is not None:
        image = MIMEImage(bytes(png), "png")
        image["Content-ID"] = f"<{LOGO_ID}>"
        image["Content-Disposition"] = 'inline; filename="logo.png"'
        message.attach(image)
        message.mixed_subtype = "related"  # type: ignore[attr-defined]  # Django's own, which its stubs lack


def _hand_over(to: str, letter: Letter) -> None:
    parts = (to, letter.subject, letter.text, letter.html, letter.sender, letter.logo, letter.unsubscribe)
    if not wake("accounts.send_mail", *parts):
        logger.warning("A mail is sent without the worker.")
        with signin_login():
            send(to=to, letter=letter)
