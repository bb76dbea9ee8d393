"""Feed tokens: which are accepted, how they are rotated, what is kept of them."""

from datetime import timedelta

import pytest

from portal.tenants import tokens
from portal.tenants.feeds import ROTATION, TokenError, add_token, has_token, set_basic, valid_tokens
from portal.tenants.models import Feed, FeedToken
from tests.conftest import NOW, TOKEN

pytestmark = pytest.mark.django_db

SECOND = "a-second-token-for-tests"
THIRD = "a-third-token-for-tests"


def valid(feed, *, now=NOW) -> dict[str, timedelta | None]:
    """Return the hints of the accepted tokens and how much longer each holds."""
    return {
        token.hint: token.expires_at and token.expires_at - now for token in valid_tokens(feed, now=now).order_by("id")
    }


@pytest.fixture
def other_feed(account) -> Feed:
    return Feed.objects.create(account=account, name="other")


def test_token_is_kept_as_a_digest_alone(feed):
    (kept,) = FeedToken.objects.values("feed_id", "digest", "hint", "expires_at")
    assert kept == {
        "feed_id": feed.id,
        "digest": tokens.digest(TOKEN, purpose="feed-token"),
        "hint": "a-te",
        "expires_at": None,
    }
    assert TOKEN not in kept["digest"]


def test_token_is_made_where_none_is_wanted(other_feed):
    made = add_token(other_feed, now=NOW)
    assert len(made) == 43
    assert made != add_token(other_feed, now=NOW)
    assert has_token(other_feed, made)


def test_token_of_another_feed_is_none_of_this_one(feed, other_feed):
    assert (has_token(feed, TOKEN), has_token(other_feed, TOKEN)) == (True, False)
    assert not has_token(feed, TOKEN.upper())


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("x" * 15, "a token needs at least 16 characters"),
        ("a token with spaces in it", "a token may contain letters, digits and - _ . ~ only"),
        ("a/token/with/slashes", "a token may contain letters, digits and - _ . ~ only"),
        ("a-tökén-with-umlauts", "a token may contain letters, digits and - _ . ~ only"),
        ("a-token-with-a-%41", "a token may contain letters, digits and - _ . ~ only"),
        ("a-token-with-a-newline\n", "a token may contain letters, digits and - _ . ~ only"),
    ],
)
def test_unfit_token_is_refused(other_feed, token, message):
    with pytest.raises(TokenError) as refusal:
        add_token(other_feed, now=NOW, token=token)
    assert str(refusal.value) == message
    assert valid(other_feed) == {}


@pytest.mark.parametrize("target", ["feed", "other_feed"])
def test_token_in_use_is_refused_by_every_feed(request, feed, target):
    with pytest.raises(TokenError, match="this token is already in use"):
        add_token(request.getfixturevalue(target), now=NOW, token=TOKEN)
    assert valid(feed) == {"a-te": None}


def test_old_token_holds_for_the_rotation_and_then_no_more(feed):
    add_token(feed, now=NOW, token=SECOND)
    assert valid(feed) == {"a-te": ROTATION, "a-se": None}
    assert valid(feed, now=NOW + ROTATION - timedelta(seconds=1)) == {"a-te": timedelta(seconds=1), "a-se": None}
    assert valid(feed, now=NOW + ROTATION) == {"a-se": None}


def test_rotation_outlasts_what_the_gateway_resends():
    assert timedelta(hours=48) < ROTATION


def test_third_token_ends_the_first_at_once(feed):
    add_token(feed, now=NOW, token=SECOND)
    add_token(feed, now=NOW, token=THIRD)
    assert valid(feed) == {"a-se": ROTATION, "a-th": None}


def test_second_rotation_does_not_lengthen_the_first(feed):
    add_token(feed, now=NOW, token=SECOND)
    later = NOW + ROTATION - timedelta(hours=1)
    add_token(feed, now=later, token=THIRD)
    assert valid(feed, now=later) == {"a-se": ROTATION, "a-th": None}
    token = feed.tokens.get(hint="a-te")
    assert token.expires_at == later


def test_token_of_another_feed_is_left_alone_by_a_rotation(feed, other_feed):
    add_token(other_feed, now=NOW, token=SECOND)
    add_token(feed, now=NOW, token=THIRD)
    assert valid(other_feed) == {"a-se": None}


def test_basic_password_is_kept_as_a_digest_and_goes_with_its_user(feed):
    set_basic(feed, user="link", password="a secret")
    assert (feed.basic_user, feed.basic_password_digest) == ("link", tokens.digest("a secret", purpose="feed-basic"))
    set_basic(feed, user="", password="a secret")
    assert (feed.basic_user, feed.basic_password_digest) == ("", "")


def test_digest_depends_on_key_and_purpose():
    assert len(tokens.digest("x", purpose="feed-token", key="k")) == 64
    assert tokens.digest("x", purpose="feed-token", key="k") == tokens.digest(b"x", purpose="feed-token", key="k")
    different = {
        tokens.digest("x", purpose="feed-token", key="k"),
        tokens.digest("x", purpose="feed-basic", key="k"),
        tokens.digest("x", purpose="feed-token", key="l"),
        tokens.digest("y", purpose="feed-token", key="k"),
        tokens.digest("x", purpose="feed-token"),
    }
    assert len(different) == 5


def test_token_survives_a_change_of_the_secret_key_while_the_old_one_is_a_fallback(feed, settings):
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "the new key"
    assert not has_token(feed, TOKEN)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert has_token(feed, TOKEN)
    with pytest.raises(TokenError, match="this token is already in use"):
        add_token(feed, now=NOW, token=TOKEN)
    add_token(feed, now=NOW, token=SECOND)
    assert feed.tokens.get(hint="a-se").digest == tokens.digest(SECOND, purpose="feed-token", key="the new key")
