"""What tests of appliers share."""

import pytest

from deliveries.dialects.link_codes import CODES
from deliveries.models import ResultCode


@pytest.fixture
def committed(transactional_db) -> None:
    """Let a test commit, for other connections to see; with the rows of the migrations, which a flush takes away."""
    ResultCode.objects.bulk_create(
        [
            ResultCode(
                dialect="link",
                code=code.code,
                status=code.status,
                final=code.final,
                reason=code.reason,
                text_en=code.text_en,
                text_fi=code.text_fi,
            )
            for code in CODES.values()
        ],
        ignore_conflicts=True,
    )
