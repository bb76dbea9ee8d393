"""/api/v1/invoice-checks/<id>/claim/: the claim of a check."""

from django.http import HttpResponse
from rest_framework.request import Request

from portal.accounts.models import record
from portal.api.operations import BILLING, Operation
from portal.api.parameters import WORDS_LANG
from portal.api.problems import NotReady
from portal.api.views import ApiView
from portal.common.file_response import XLSX
from portal.tenants.models import ApiKey
from portal.tenants.scope import web_scope
from reports.billing.checks.api import CHECK_PATH, found_check
from reports.billing.checks.claim_file import claim_name, write_claim
from reports.billing.checks.scope import NotChecked, read_scope
from reports.models import InvoiceCheck


class ClaimView(ApiView):
    """The claim of a check; who fetched it is written down."""

    operations = {
        "GET": Operation(
            id="download_claim",
            tag="Invoice checks",
            summary="A check's claim",
            text=(
                "The claim to the gateway as a workbook: sums, rows, and for keys with the scope `read` the ids of the"
                " messages behind each difference. Each download is recorded in the audit log."
            ),
            scope=BILLING,
            path=CHECK_PATH,
            parameters=(WORDS_LANG,),
            answer_text="The workbook.",
            media=XLSX,
            headers={"Content-Disposition": "The file's name."},
            problems=("not-ready",),
        )
    }

    def get(self, request: Request, check_id: int) -> HttpResponse:
        check = found_check(self.access, check_id, below=True)
        if check.state != InvoiceCheck.State.DONE:
            raise NotReady(f"This check is not ready: {check.state}.")
        try:
            scope = read_scope(check)
        except NotChecked as error:
            raise NotReady(f"The claim cannot be made any more: {error}.") from error
        with web_scope(scope.tenant_ids):
            content = write_claim(
                check, scope, masking=self.access.masking, with_messages=self.access.has_scope(ApiKey.Scope.READ),
                language=self.given.choice("lang") or "en",
            )  # fmt: skip
        record("invoice_check.claimed", actor=str(self.access.key), tenant=check.tenant, subject=claim_name(check))
        response = HttpResponse(content, content_type=XLSX)
        response.headers["Content-Disposition"] = f'attachment; filename="{claim_name(check)}"'
        return response
