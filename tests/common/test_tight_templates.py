"""Templates without indentation, and those that keep it."""

import pytest
from django.template import Engine


@pytest.mark.parametrize(
    ("name", "text", "loaded"),
    [
        ("page.html", "<p>\n  a\n\n\t<b>\n", "<p>\na\n\n<b>\n"),
        ("sample.html", "<pre>\n  a</pre>\n", "<pre>\n  a</pre>\n"),
        ("mail.txt", "a\n  b\n", "a\n  b\n"),
    ],
)
def test_template_without_indentation(tmp_path, name, text, loaded):
    (tmp_path / name).write_text(text)
    engine = Engine(dirs=[tmp_path], loaders=["portal.common.tight_templates.Loader"])
    assert engine.get_template(name).source == loaded
