"""Headers that customers add: names and values that cannot change the request around them."""

import pytest

from portal.common.egress import check_header


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-Api-Key", "a b\tc"), ("Authorization", "Bearer abc"), ("x_y.z~", ""), ("Cookie", "a=b"), ("X", "a" * 2000)],
)
def test_permits_a_plain_header(name, value):
    check_header(name, value)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " X",
        "X ",
        "X Y",
        "X:",
        "X\r\nHost",
        "X\n",
        "X\0",
        "Ä",
        "X(",
        "X/Y",
        "X" * 101,
        "Host",
        "host",
        "CONTENT-LENGTH",
        "Content-Type",
        "Content-Encoding",
        "Transfer-Encoding",
        "Connection",
        "Keep-Alive",
        "Upgrade",
        "TE",
        "Trailer",
        "Expect",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Accept-Encoding",
        "webhook-id",
        "Webhook-Signature",
        "webhook-anything",
    ],
)
def test_refuses_names_that_are_no_token_or_the_portals(name):
    with pytest.raises(ValueError, match=r"\.$"):
        check_header(name, "value")


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\n", "\r", "a\0", "ä", "a\x7f", "a\x1f", "\u2028", "a" * 2001])
def test_refuses_values_that_end_the_line_or_are_not_ascii(value):
    with pytest.raises(ValueError, match=r"\.$"):
        check_header("X-Key", value)


def test_authorization_is_refused_beside_a_user_name():
    with pytest.raises(ValueError, match="Authorization"):
        check_header("authorization", "Bearer abc", has_username=True)
    check_header("X-Key", "abc", has_username=True)
