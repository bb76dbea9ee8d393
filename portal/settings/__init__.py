"""Settings by concern. What a deployment may change comes from the environment (docs/operations.md lists it all)."""

from portal.settings.api import *
from portal.settings.application import *
from portal.settings.background import *
from portal.settings.base import *
from portal.settings.database import *
from portal.settings.http import *
from portal.settings.limits import *
from portal.settings.logs import *
from portal.settings.mail import *
from portal.settings.sign_in import *
from portal.staff.theme import UNFOLD as UNFOLD
