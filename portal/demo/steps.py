"""Steps of the demo after its traffic, from a logo and reports to a new customer and a saved search."""

import subprocess
import time
from datetime import date, datetime, timedelta

from tqdm import tqdm

from portal.demo.state import APPLY_WITHIN, State, check_in_time
from portal.demo.traffic import MONTHS

NEW_CUSTOMER = {
    "slug": "arctic-foods", "name": "Arctic Foods Oy", "timezone": "Europe/Helsinki", "language": "fi",
    "country": "FI", "currency": "EUR", "values": ["arctic-fi"], "owner_email": "arctic@example.com",
}  # fmt: skip


SALES = "ale"  # the tag of campaigns that are compared with each other
BROKEN_SPLIT = "club-weekly"  # its variants are sent half and half, and planned otherwise


def add_logo() -> None:
    """Draw the logo of the demo's partner and give it to its brand."""
    from io import BytesIO

    from PIL import Image, ImageDraw

    from portal.brands.logos import read_logo
    from portal.brands.models import TenantBrand

    image = Image.new("RGBA", (320, 160))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, 159, 159), radius=36, fill="#7a1f3d")
    for left, top in ((32, 88), (68, 56), (104, 32)):  # bars that grow, as on the portal's own mark
        draw.rectangle((left, top, left + 24, 128), fill="#ffffff")
    draw.ellipse((184, 24, 296, 136), outline="#7a1f3d", width=20)
    file = BytesIO()
    image.save(file, "PNG")
    logo = read_logo(file.getvalue())
    TenantBrand.objects.filter(tenant__slug="hansa-group").update(
        logo=logo.png, icon=logo.icon, logo_digest=logo.digest, logo_width=logo.width, logo_height=logo.height
    )


def add_template() -> None:
    """Upload a workbook of its own for a customer, as a manager would; it is not in use."""
    from io import BytesIO

    from openpyxl import Workbook

    from portal.accounts.models import Membership, Role
    from portal.tenants.models import Tenant
    from reports.models import WorkbookTemplate
    from reports.workbook_templates.services import add_template

    tenant = Tenant.objects.get(slug="nordic-retail")
    owner = Membership.objects.filter(tenant=tenant, role=Role.OWNER).first()
    if owner is None or WorkbookTemplate.objects.filter(tenant=tenant).exists():
        return
    book = Workbook()
    sheet = book.active
    sheet.title = "Board"
    sheet["A1"] = "{{Report.Subject}}, {{Report.Period}} ({{Report.State}})"
    for cell, text in zip(sheet["A3:C3"][0], ("Country", "Messages", "Delivered"), strict=True):
        cell.value = text
    for cell, name in zip(sheet["A4:C4"][0], ("Country", "Messages", "Delivered"), strict=True):
        cell.value = f"{{{{Countries.{name}}}}}"
    sheet["A5"], sheet["B5"], sheet["C5"] = "All", "=SUM(B4:B4)", "=SUM(C4:C4)"
    file = BytesIO()
    book.save(file)
    add_template(tenant=tenant, name="Board pack", content=file.getvalue(), actor=owner.user.email)


def make_reports(server: subprocess.Popen) -> None:
    """Queue what is due, as the clock does, and wait for the worker."""
    from django.utils import timezone

    from portal.common.jobs import open_jobs
    from reports.models import ReportRun
    from reports.runs.due_months import queue_due_runs

    queue_due_runs(now=timezone.now())
    open_runs = open_jobs(ReportRun)
    if not (left := open_runs.count()):
        return
    print("The Celery worker creates the reports that are due:")
    give_up = time.monotonic() + APPLY_WITHIN
    with tqdm(total=left, unit=" reports") as bar:
        while left := open_runs.count():
            bar.update(bar.total - left - bar.n)
            check_in_time(server, give_up, f"{left} reports are not created yet")
            time.sleep(0.3)
        bar.update(bar.total - bar.n)


def share_overview(state: State) -> None:
    """Make the demo's shared link, by an owner of its tenant; a new one where the last has ended."""
    from django.utils import timezone

    from portal.accounts.models import Membership, Role
    from portal.shares import links

    now = timezone.now()
    if state.shared and links.find_link(state.shared, now=now):
        return
    owner = Membership.objects.select_related("tenant", "user").get(tenant__slug="nordic-retail", role=Role.OWNER)
    _link, state.shared = links.create_link(
        tenant=owner.tenant, kind="overview", name="Demo", query="period=30d&compare=previous",
        maker_id=owner.user_id, made_by=owner.user.email, now=now, expires_at=now + timedelta(days=30),
    )  # fmt: skip
    state.save()


def save_view() -> None:
    """Save a view of an owner that the members share, once."""
    from portal.accounts.models import Membership, Role
    from portal.saved_views import store

    owner = Membership.objects.select_related("tenant").get(tenant__slug="nordic-retail", role=Role.OWNER)
    if not store.views_of(owner.user_id, owner.tenant).exists():
        query = "counts_as=failed&period=7d"
        view = store.save(
            user_id=owner.user_id, tenant=owner.tenant, page="messages", name="Epäonnistuneet, 7 päivää", query=query
        )
        store.share(view)


def describe_campaigns(state: State) -> None:
    """Write what a manager writes about campaigns: a planned split, a tag that compares the sales, a note on a day.

    A sale gets the split that its variants have, the club's letter another one.
    """
    from campaigns.models import Campaign
    from portal.accounts.models import Membership, Role

    owner = Membership.objects.select_related("tenant", "user").get(tenant__slug="nordic-retail", role=Role.OWNER)
    campaigns = Campaign.objects.filter(tenant=owner.tenant)
    slow_day, even = _slow_day(state), {"A": 50, "B": 50}
    sale = {"tags": [SALES], "planned_split": even, "day_notes": {slow_day.isoformat(): "Ruotsin Tele2 oli hidas."}}
    for found, said in (
        (campaigns.filter(name__endswith="-sale"), sale),
        (campaigns.filter(name="black-week"), {"tags": [SALES], "note": "Kolme tekstiä yhtä suurille ryhmille."}),
        (campaigns.filter(name=BROKEN_SPLIT), {"planned_split": {"A": 60, "B": 40}}),
    ):
        campaign = found.order_by("-id").first()
        if campaign is not None and not campaign.owner_id:
            _describe(campaign, said | {"owner": owner.user})


def _describe(campaign, said: dict) -> None:
    from django.utils import timezone

    from campaigns.details import FIELDS, save_details

    values = {name: getattr(campaign, name) for name in FIELDS} | said
    save_details(campaign=campaign, values=values, archived=False, actor=said["owner"].email, now=timezone.now())


def _slow_day(state: State) -> date:
    from deliveries.management.commands.simulate import months_back
    from deliveries.simulation.stories import last_month_stories

    end = datetime.fromisoformat(state.end)
    start = months_back(end, MONTHS)
    return start.date() + timedelta(days=last_month_stories(start=start, end=end).slow_day)


def add_customer(state: State) -> None:
    """Add a customer as the admin's page does, once: its partner ID has no messages, its owner is invited."""
    from django.utils import timezone

    from campaigns.ref_ids import RefIdScheme
    from portal.accounts.models import User
    from portal.staff import onboarding
    from portal.tenants.models import GatewayAccount

    if state.added:
        return
    account = GatewayAccount.objects.get(name="link-main")
    data = NEW_CUSTOMER | {"account": account, "new_account": "", "scheme": RefIdScheme("|", ("campaign", "variant"))}
    operator = User.objects.filter(is_superuser=True).order_by("id")[0]
    state.added = onboarding.add_customer(data, actor=operator, now=timezone.now()).pk
    state.save()


def save_search(server: subprocess.Popen) -> None:
    """Let a manager save the failed messages of a month as a workbook, unless that was done before."""
    from deliveries.exports.asking import ask
    from deliveries.message_pages.columns import COLUMNS
    from deliveries.models import Export
    from deliveries.search.query import MessageQuery
    from portal.accounts.access import access_of
    from portal.accounts.models import Membership, Role

    if Export.objects.exists():
        return
    owner = Membership.objects.select_related("tenant", "user").get(tenant__slug="nordic-retail", role=Role.OWNER)
    access = access_of(owner.user, slug=owner.tenant.slug)
    query = MessageQuery(tenant_ids=access.tenant_ids, statuses=("failed", "expired", "rejected"))
    export = ask(
        tenant=owner.tenant, access=access, user=owner.user, query=query, title="Epäonnistuneet viestit",
        format=Export.Format.XLSX, columns=list(COLUMNS),
    )  # fmt: skip
    give_up = time.monotonic() + APPLY_WITHIN
    while export.is_open:
        check_in_time(server, give_up, f"the export {export.file_name} is not made yet")
        time.sleep(0.3)
        export.refresh_from_db()
