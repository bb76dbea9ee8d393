"""Every text of the portal in every language."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from portal.common.extract_messages import ROOT, extract, update
from reports.monthly.texts import catalogue

PO_FILES = sorted(ROOT.glob("locale/*/LC_MESSAGES/django.po"))


def texts_of(catalog: Catalog) -> set:
    return {(message.context, message.id) for message in catalog if message.id}


def read(po: Path) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale=po.parts[-3])


@pytest.fixture(scope="module")
def extracted() -> Catalog:
    return extract()


def test_finnish_is_there():
    assert [po.parts[-3] for po in PO_FILES] == ["fi"]


@pytest.mark.parametrize("po", PO_FILES, ids=lambda po: po.parts[-3])
def test_every_text_is_translated(po, extracted):
    """To mend it: python -m portal.common.extract_messages, then fill in what came in empty."""
    catalog = read(po)

    forms = {
        (message.context, message.id): message.string if isinstance(message.string, tuple) else (message.string,)
        for message in catalog
        if message.id and not message.fuzzy
    }

    assert sorted(map(str, texts_of(extracted) - forms.keys())) == []
    assert [text for text, translated in forms.items() if not all(translated)] == []


@pytest.mark.parametrize("po", PO_FILES, ids=lambda po: po.parts[-3])
def test_no_translation_is_left_over(po, extracted):
    assert sorted(map(str, texts_of(read(po)) - texts_of(extracted))) == []


@pytest.mark.parametrize("po", PO_FILES, ids=lambda po: po.parts[-3])
def test_placeholders_are_the_originals(po):
    assert [(message.id, errors) for message, errors in read(po).check()] == []


def test_texts_are_found_in_python_and_templates(tmp_path):
    (tmp_path / "portal").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "portal" / "a.py").write_text(
        "from django.utils.translation import gettext_lazy as _, ngettext, pgettext_lazy\n"
        'A = _("one")\nB = ngettext("%(n)d two", "%(n)d twos", 2)\nC = pgettext_lazy("here", "three")\nD = _(A)\n'
    )
    (tmp_path / "templates" / "b.html").write_text(
        '  {% load i18n %}<p title="it\'s">{% translate "four" %}</p>\n    {% firstof x _("five") %}\n'
        "{% blocktranslate count n=n %}{{ n }} six{% plural %}{{ n }} sixes{% endblocktranslate %}"
    )

    found = texts_of(extract(tmp_path))

    assert found == {
        (None, "one"),
        (None, ("%(n)d two", "%(n)d twos")),
        ("here", "three"),
        (None, "four"),
        (None, "five"),
        (None, ("%(n)s six", "%(n)s sixes")),
    }


def test_update_keeps_what_is_translated_and_drops_what_is_gone(tmp_path):
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal" / "a.py").write_text('A = _("kept")\nB = _("new")\n')
    po = tmp_path / "locale" / "fi" / "LC_MESSAGES" / "django.po"
    po.parent.mkdir(parents=True)
    po.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "kept"\nmsgstr "pidetty"\n\nmsgid "gone"\nmsgstr "poissa"\n'
    )

    update(tmp_path)

    assert {message.id: message.string for message in read(po) if message.id} == {"kept": "pidetty", "new": ""}


def test_finnish_has_one_word_for_a_revision_and_another_for_a_variant():
    """`versio` is a variant of a campaign; a revision of a report is `julkaisu`, in pages and workbooks alike."""
    revisions = [message for message in read(PO_FILES[0]) if "revision" in str(message.id).lower()]

    assert [message.id for message in revisions if "versio" in str(message.string).lower()] == []
    assert len(revisions) > 10
    assert (catalogue("fi")["Variant"], catalogue("fi")["Revision"]) == ("Versio", "Julkaisu")


def test_texts_inside_f_strings_are_extracted(tmp_path):
    for source in ("portal", "campaigns", "deliveries", "reports", "templates"):
        (tmp_path / source).mkdir()
    code = "words = f\"{_('Hidden away')}: {ngettext('%(n)d row', '%(n)d rows', n) % {'n': n}}\"\n"
    (tmp_path / "portal" / "words.py").write_text(code, encoding="utf-8")

    assert texts_of(extract(tmp_path)) == {(None, "Hidden away"), (None, ("%(n)d row", "%(n)d rows"))}
