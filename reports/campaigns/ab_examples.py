"""Example response of the API about an A/B test. A test checks it against its schema."""

_A = {
    "name": "A",
    "messages": 1003,
    "delivered": 899,
    "failed": 104,
    "pending": 0,
    "unknown": 0,
    "counted": 1003,
    "reached": 899,
    "rate": 0.8963,
    "rate_interval": [0.8759, 0.9137],
    "revenue_per_recipient": None,
    "revenue_interval": None,
    "first_sent_at": "2026-11-02T10:00:00Z",
    "last_sent_at": "2026-11-02T10:04:00Z",
    "is_mature": True,
}
_B = _A | {
    "name": "B",
    "messages": 1006,
    "delivered": 972,
    "failed": 34,
    "counted": 1006,
    "reached": 972,
    "rate": 0.9662,
    "rate_interval": [0.9531, 0.9757],
}
AB_TEST = {
    "data_as_of": "2026-11-05T06:00:00.123456Z",
    "timezone": "Europe/Helsinki",
    "maturity": 1.0,
    "campaign": "October sale",
    "metric": "delivered",
    "within": 60,
    "window": None,
    "currency": None,
    "is_running": False,
    "outcome": "winner",
    "sentence": (
        "B reached 96.6\N{NO-BREAK SPACE}% of its recipients, 4.8 to 9.2 points more than A;"
        " with 2,009 messages that is no accident."
    ),
    "notes": [],
    "without_variant": 0,
    "variants": [_A, _B],
    "comparisons": [
        {
            "better": "B",
            "other": "A",
            "messages": 2009,
            "difference": 0.0699,
            "interval": [0.0479, 0.0922],
            "p_value": 5.9e-10,
            "is_sure": True,
            "is_exact": False,
            "win_probability": 1.0,
            "expected_loss": 0.0,
            "expected_loss_of_other": 0.0698,
            "minimal_detectable_difference": 0.0315,
            "within_places": None,
        }
    ],
    "split": {"planned": [50.0, 50.0], "p_value": 0.9467, "is_wrong": False},
    "conversions": {
        "sentences": [
            "No sure difference in conversions: B converted 4.2\N{NO-BREAK SPACE}% of the recipients that it addressed"
            " and A 3.9\N{NO-BREAK SPACE}%, which may be chance with 2,009 recipients. The true difference is between"
            " 1.5 points less and 2.0 points more."
        ],
        "is_running": False,
        "window": 86400,
        "currency": None,
        "variants": [
            {
                "name": name,
                "addressed": addressed,
                "converted": converted,
                "counted": addressed,
                "reached": converted,
                "rate": rate,
                "rate_interval": interval,
                "revenue_per_recipient": None,
                "revenue_interval": None,
            }
            for name, addressed, converted, rate, interval in (
                ("A", 1003, 39, 0.0389, [0.0286, 0.0527]),
                ("B", 1006, 42, 0.0417, [0.031, 0.056]),
            )
        ],
        "comparisons": [
            {
                "better": "B",
                "other": "A",
                "recipients": 2009,
                "difference": 0.0029,
                "interval": [-0.0146, 0.0203],
                "p_value": 0.7445,
                "is_sure": False,
                "is_exact": False,
                "win_probability": 0.6271,
                "expected_loss": 0.0023,
                "expected_loss_of_other": 0.0051,
                "minimal_detectable_difference": 0.0246,
                "within_places": None,
            }
        ],
        "revenue_comparisons": [],
    },
    "places": [],
}
