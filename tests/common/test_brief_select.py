"""Selects in few bytes: what they hold, and how a form writes them."""

from django import forms

from portal.common.brief_select import BriefSelect
from portal.common.setting_choices import zone_choices
from portal.common.templatetags.forms import control


class Form(forms.Form):
    zone = forms.ChoiceField(choices=[("", "None & nothing"), ("UTC", "UTC"), ("FI", "Finland")], widget=BriefSelect)


def test_select_writes_a_value_that_is_its_text_once():
    assert control(Form({"zone": "UTC"})["zone"]) == (
        '<select name="zone" class="form-select" id="id_zone" required><option value="">None &amp; nothing</option>'
        '<option selected>UTC</option><option value="FI">Finland</option></select>'
    )


def test_zones_are_places_under_one_name_and_the_present_one():
    zones = dict(zone_choices(present="Africa/Asmera"))
    assert (zones["UTC"], zones["America/New_York"], zones["Africa/Asmera"]) == (
        "UTC",
        "America/New York",
        "Africa/Asmera",
    )
    assert zones.keys() & {"Africa/Asmara", "US/Eastern", "Asia/Calcutta", "Etc/GMT+3"} == {"Africa/Asmara"}
