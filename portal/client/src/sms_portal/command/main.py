"""The command line: options for all commands, errors as one line, exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from sms_portal import errors
from sms_portal.client import Client
from sms_portal.command import declare, export, figures, messages, settings, tail
from sms_portal.command.output import clean, json, line
from sms_portal.common import VERSION
from sms_portal.exchange import Retry

REFUSED, USAGE, AWAY, KEY, INTERRUPTED = 1, 2, 3, 4, 130


class Portal:
    """The portal that a command speaks to; connected when it is first used."""

    def __init__(self, url: str | None, allow_http: bool, attempts: int) -> None:
        self._url, self.allow_http, self._attempts = url, allow_http, attempts

    def settings(self) -> settings.Settings:
        """Return address and key. Raises SettingsError."""
        return settings.read(self._url, self.allow_http)

    def client(self) -> Client:
        """Return a client for a `with`."""
        found = self.settings()
        return Client(found.url, found.key, allow_http=found.allow_http, retry=Retry(attempts=self._attempts))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--url", metavar="URL", help="The portal's address; else SMS_PORTAL_URL or the configuration file.")
@click.option("--allow-http", is_flag=True, help="Permit http:// to another host: the key is sent unencrypted.")
@click.option("--attempts", type=click.IntRange(1), default=6, help="Send a request at most so often if none answers.")
@click.version_option(VERSION, prog_name="sms-portal")
@click.pass_context
def group(context: click.Context, url: str | None, allow_http: bool, attempts: int) -> None:
    """Read figures and messages of the SMS reporting portal, follow delivery reports, declare partner IDs and more.

    The API key is read from SMS_PORTAL_KEY, or from a file that `sms-portal configure` writes. It is no option, since
    other users of a machine can see the options of a running command.
    """
    context.obj = Portal(url, allow_http, attempts)


@group.command()
@click.pass_obj
def configure(portal: Portal) -> None:
    """Ask for address and key, try them, and store them in a file that only you can read."""
    url = click.prompt("Address of the portal", type=str)
    key = click.prompt("API key", hide_input=True, type=str).strip()
    allow_http = portal.allow_http
    with Client(url, key, allow_http=allow_http) as client:
        found = client.key()
        path = settings.write(settings.Settings(client.url, key, allow_http))
    line(f"{path} is written. The key “{clean(found.name)}” has the scopes {', '.join(found.scopes)}.")


@group.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def key(portal: Portal, as_json: bool) -> None:
    """Show the key that is in use: its reach, scopes and expiry."""
    with portal.client() as client:
        found = client.key()
    if as_json:
        json(found)
        return
    for name in found.__struct_fields__:
        line(f"{name.replace('_', ' ')}: {clean(getattr(found, name))}")


@group.command()
@click.option("--allow-writes", is_flag=True, help="Also offer tools that declare partner IDs and queue exports.")
@click.pass_obj
def mcp(portal: Portal, allow_writes: bool) -> None:
    """Serve the API to an assistant by the Model Context Protocol, on standard input and output."""
    try:
        from sms_portal import mcp_server
    except ModuleNotFoundError as error:
        raise click.ClickException("Install the extra: pip install 'sms-portal-client[mcp]'") from error
    found = portal.settings()
    mcp_server.serve(found.url, found.key, allow_http=found.allow_http, allow_writes=allow_writes)


for command in (figures.stats, messages.messages, tail.tail, declare.declare, export.export):
    group.add_command(command)


def main() -> None:
    """Run the command and exit: 1 refused, 2 usage, 3 no answer, 4 the key, 130 Ctrl-C."""
    sys.exit(run(lambda: group.main(standalone_mode=False)))


def run(command: Callable[[], Any]) -> int:
    """Return the exit code of a command; an error is one line."""
    try:
        found = command()
        sys.stdout.flush()
        return found if isinstance(found, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _say("Stopped.", INTERRUPTED)
    except errors.Problem as error:
        for each in error.errors or ():
            _say(f"{each.field}: {each.detail}", REFUSED)
        tail_ = f" (request {error.request_id})" if error.request_id else ""
        return _say(f"{error}{tail_}", _code(error))
    except errors.BadAddress as error:
        return _say(str(error), USAGE)
    except (errors.ConnectionFailed, errors.UnexpectedAnswer) as error:
        return _say(str(error), AWAY)
    except errors.PortalError as error:
        return _say(str(error), REFUSED)
    except OSError as error:
        return _say(str(error), REFUSED)


def _code(error: errors.Problem) -> int:
    if isinstance(error, errors.KeyRefused | errors.ScopeMissing):
        return KEY
    return AWAY if isinstance(error, errors.ServerProblem | errors.TooManyRequests) else REFUSED


def _say(text: str, code: int) -> int:
    click.echo(f"sms-portal: {clean(text)}", err=True)
    return code


if __name__ == "__main__":
    main()
