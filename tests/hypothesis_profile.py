"""Profiles of Hypothesis: a few fixed examples in bin/test, more and random ones with --long."""

from hypothesis import HealthCheck, settings


def set_up(*, is_long: bool) -> None:
    """Load the settings of all searches; to be called before a test module is imported.

    How fast an example is made or tried says nothing on a busy machine, so nothing is asserted of it.
    """
    settings.register_profile(
        "tests",
        derandomize=not is_long,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    settings.load_profile("tests")


def examples(short: int, *, long: int) -> settings:
    """Return the settings of a search over `short` examples, with --long over `long` ones."""
    return settings(max_examples=short if settings.default.derandomize else long)
