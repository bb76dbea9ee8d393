"""Registers the admin pages of report runs, of runs of definitions and of price lists."""

from reports.billing import admin as of_billing  # noqa: F401  registers its models
from reports.billing.checks import admin as of_checks  # noqa: F401  registers its model
from reports.billing.prices import admin as of_price_lists  # noqa: F401  registers its model
from reports.billing.prices import rate_admin  # noqa: F401  registers its model
from reports.runs import admin  # noqa: F401  registers its model
from reports.schedules import admin as of_definitions  # noqa: F401  registers its model
from reports.schedules import mail_admin  # noqa: F401  registers its models
