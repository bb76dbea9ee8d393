"""Texts that are stored encrypted, over a change of SECRET_KEY."""

import pytest

from portal.common.sealed import Unreadable, reseal, seal, unseal


def test_only_the_same_purpose_reads_a_sealed_text():
    sealed = seal("s3cret ä", purpose="gates")

    assert "s3cret" not in sealed
    assert unseal(sealed, purpose="gates") == "s3cret ä"
    with pytest.raises(Unreadable, match=r"\(exports\).*SECRET_KEY_FALLBACKS"):
        unseal(sealed, purpose="exports")


@pytest.mark.parametrize("text", ["", "no token", "gAAAAA"])
def test_what_was_not_sealed_is_unreadable(text):
    with pytest.raises(Unreadable):
        unseal(text, purpose="gates")
    with pytest.raises(Unreadable):
        reseal(text, purpose="gates")


def test_a_text_outlives_a_change_of_the_key_once_it_is_resealed(settings):
    sealed = seal("s3cret", purpose="gates")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of some length", [settings.SECRET_KEY]
    assert unseal(sealed, purpose="gates") == "s3cret"

    resealed = reseal(sealed, purpose="gates")

    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(resealed, purpose="gates") == "s3cret"
    with pytest.raises(Unreadable):
        unseal(sealed, purpose="gates")
