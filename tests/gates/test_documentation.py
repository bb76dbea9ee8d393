"""docs/gates.md shows what is sent: its samples are the requests of the sample report, its receivers those to copy."""

import json
import re
from pathlib import Path

import pytest

from deliveries.gates.backoff import DELAYS
from deliveries.gates.event_examples import sample_event
from deliveries.gates.receivers import receivers
from deliveries.gates.requests import request_of
from deliveries.gates.shapes.template import DATE_PARTS, FIELDS, check
from deliveries.models import Gate
from tests.gates.samples import AT, REPORT, endpoint, sender

TEXT = (Path(__file__).parents[2] / "docs/gates.md").read_text(encoding="utf-8")
XML, FORM = "application/xml", "application/x-www-form-urlencoded"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)\n```", TEXT, flags=re.DOTALL)


@pytest.mark.parametrize(("body", "place"), [("link", 0), ("event", 1)])
def test_samples_in_json(body, place):
    sent = json.loads(request_of(sender(body=body), endpoint(), [REPORT], at=AT).body)
    shown = json.loads(blocks("json")[place])
    assert shown == sent
    assert list(shown) == list(sent)


@pytest.mark.parametrize("type_", ["export.ready", "report.ready", "alert.closed"])
def test_samples_of_events(type_):
    sent = sample_event(type_, tenant_slug=REPORT.tenant_slug, tenant_name=REPORT.tenant_name)
    body = json.loads(request_of(sender(), endpoint(), [sent], at=AT).body)
    assert json.dumps(body, indent=2, ensure_ascii=False) in blocks("json")
    assert [name for name in body["data"] if f"`data.{name}`" not in TEXT] == []


def test_every_event_is_named():
    assert [name for name in Gate.Event.values if f"`{name}`" not in TEXT] == []


@pytest.mark.parametrize(("language", "content_type"), [("text", FORM), ("xml", XML)])
def test_samples_of_form_pairs_and_xml(language, content_type):
    sent = request_of(sender(), endpoint(content_type=content_type), [REPORT], at=AT).body.decode()
    assert sent in blocks(language)


def test_sample_of_the_headers():
    headers = request_of(sender(), endpoint(), [REPORT], at=AT).headers
    assert "\n".join(f"{name}: {value}" for name, value in headers.items()) in blocks("text")


def test_every_field_of_an_event_is_explained():
    data = json.loads(request_of(sender(body="event"), endpoint(), [REPORT], at=AT).body)["data"]
    assert [name for name in data if f"`data.{name}`" not in TEXT] == []


def test_template_is_valid_and_every_field_and_part_of_a_date_is_named():
    check(next(block for block in blocks("text") if block.startswith("id=${id}")))
    assert [name for name in (*FIELDS, *DATE_PARTS) if f"`{name}`" not in TEXT] == []


def test_delays_are_those_of_the_dispatcher():
    units = {"s": 1, "min": 60, "h": 3600}
    sentence = re.search(r"tries again after (.*), each ±20%", TEXT.replace("\n", " "))[1]
    found = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", sentence)]
    assert found == [delay.total_seconds() for delay in DELAYS]


def test_receivers_are_those_to_copy():
    assert [one.language for one in receivers()] == ["Python", "JavaScript", "PHP", "C#"]
    assert [one.language for one in receivers() if one.code not in TEXT] == []
