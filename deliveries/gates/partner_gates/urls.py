"""Routes of the API of gates in LINK's shape. A slash at the end is allowed; ids and partner IDs may hold slashes."""

from django.urls import path, re_path

from deliveries.gates.partner_gates.views import AddView, GateView, ListView, RefIdView, UnknownView
from portal.common import any_text  # noqa: F401  registers the converter

PARTNER = "partnergate/platform/<any_text:platform_id>/partner/<any_text:ppid>"
urlpatterns = [
    path("partnergate", AddView.as_view(), name="partner_gate_add"),
    path("partnergate/", AddView.as_view(), name="partner_gate_add"),
    path(f"{PARTNER}/id/<any_text:link_gate_id>", GateView.as_view(), name="partner_gate"),
    path(f"{PARTNER}/refid/<any_text:ref_id>", RefIdView.as_view(), name="partner_gate_by_ref_id"),
    path(PARTNER, ListView.as_view(), name="partner_gates"),
    re_path("", UnknownView.as_view(), name="partner_gate_unknown"),
]
