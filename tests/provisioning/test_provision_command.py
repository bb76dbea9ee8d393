"""bin/portal provision: what it prints, and what it ends with."""

import io

from django.core.management import CommandError, call_command

from deliveries.models import Message
from portal.tenants.feeds import has_token
from portal.tenants.models import Feed
from tests.provisioning.provisioning_helpers import account_with, from_pool, nordic


def command(*words: str) -> tuple[str, str]:
    output, errors = io.StringIO(), io.StringIO()
    try:
        call_command("provision", *words, stdout=output, stderr=errors)
    except CommandError as error:
        errors.write(f"{error}\n")
    return output.getvalue(), errors.getvalue()


def test_command_prints_changes_tokens_with_their_address_and_then_nothing(db, tmp_path, settings):
    settings.PUBLIC_URL = "https://sms.example.com"
    file = tmp_path / "portal.yaml"
    file.write_text(account_with("{name: main, dialect: link}"))
    output, errors = command(str(file))
    token = output.split("token  ")[1].split()[0]
    assert (output, errors) == (
        f"""\
account link-main: created, with the pool pool-link-main
feed link-main/main: created
feed link-main/main: token added

New tokens, shown once. Enter the address at the gateway:
  feed   link-main/main
  token  {token}
  path   /dlr/{token}/
  URL    https://sms.example.com/dlr/{token}/
""",
        "",
    )
    assert has_token(Feed.objects.get(), token)
    assert command(str(file)) == ("nothing to change\n", "")


def test_command_waits_for_the_moves_when_asked(feed, tenant, tmp_path):
    from_pool(feed, "later", messages=2)
    file = tmp_path / "portal.yaml"
    file.write_text(nordic("partner_ids: {link-main: [later]}"))
    output, _progress = command(str(file), "--wait")
    assert (
        output
        == """\
partner id link-main/later: declared for nordic-retail

Messages that move with their partner ids:
  link-main/later → nordic-retail: 2 messages wait
1 moves finished
"""
    )
    assert list(Message.objects.values_list("tenant__slug", flat=True)) == ["nordic-retail"] * 2


def test_command_tells_problems_and_files_that_cannot_be_read(db, tmp_path):
    file = tmp_path / "portal.yaml"
    file.write_text("users: [{}]\n")
    assert command(str(file)) == (
        "",
        f"{file}:1:9: users[0].email: missing\n1 problem; nothing was changed\n",
    )
    file.write_bytes(b"users: []\n# \xff\n")
    assert command(str(file)) == ("", f"{file}:2: the file is not UTF-8\n")
    assert command(str(tmp_path / "none.yaml")) == ("", f"{tmp_path}/none.yaml: No such file or directory\n")
