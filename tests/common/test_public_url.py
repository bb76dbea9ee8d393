"""The address that commands print is the one that the portal is served at."""

import os
import subprocess
import sys

import pytest

PRINT = "from portal import settings; print(settings.PUBLIC_URL)"


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, "http://localhost:8000"),
        ({"PORT": "8101"}, "http://localhost:8101"),
        ({"PORT": ""}, "http://localhost:8000"),
        ({"PORT": "8101", "PUBLIC_URL": "https://sms.example.com/"}, "https://sms.example.com"),
    ],
)
def test_public_address_has_the_port_in_use(variables, wanted):
    kept = {name: value for name, value in os.environ.items() if name not in ("PORT", "PUBLIC_URL")}

    done = subprocess.run(
        [sys.executable, "-c", PRINT], env=kept | variables, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == wanted
