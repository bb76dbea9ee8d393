"""Pages are loaded when a process starts, so that none of its first requests waits for that."""

from django.template import engines

from portal.warming import load_pages, page_templates


def test_every_template_of_a_page_is_compiled_before_it_is_requested(caplog):
    (cached,) = engines["django"].engine.template_loaders
    cached.reset()
    load_pages()

    assert set(page_templates()) <= set(cached.get_template_cache)
    assert {"reports/campaigns/list.html", "reports/segments/page.html", "503.html"} <= set(page_templates())
    assert caplog.records == []


def test_template_that_cannot_be_read_ends_no_process(settings, tmp_path, caplog):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "no_page.html").write_text("{% no_tag %}")
    settings.BASE_DIR = tmp_path
    load_pages()

    assert [record.getMessage() for record in caplog.records] == [
        "Pages could not be loaded before they are requested."
    ]
