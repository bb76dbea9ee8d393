"""People: sessions, passwords, second factors, lock-outs."""

from datetime import timedelta

from portal.settings.base import env

SESSION_ENGINE = "portal.accounts.session_store"  # nor signs anybody out
SESSION_COOKIE_AGE = 14 * 24 * 3600

AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # unique by lower(email), which the check does not see
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: whom it has locked out is not even tried
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"  # sign-up by invitation only
ACCOUNT_FORMS = {"login": "portal.accounts.allauth_forms.LoginForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Actions are recorded under an address, so only a confirmed address may be used (User.confirm_email).
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True  # one address; a new one takes its place when it is confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to strangers in our name
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_USER_DISPLAY = "portal.accounts.models.display_name"
USERSESSIONS_TRACK_ACTIVITY = False  # LastSeenMiddleware does, at far fewer queries

# Second factors. A page of a tenant that requires one, and everything for staff, is for sessions that used one.
PORTAL_STAFF_MFA = env.bool("PORTAL_STAFF_MFA", True)
MFA_ADAPTER = "portal.accounts.adapter.SecondFactorAdapter"
# The package counts wrong codes by the person alone; portal/accounts/factor_guesses.py counts by the network too.
ACCOUNT_RATE_LIMITS = {"login_failed": None}
MFA_FORMS = {
    "authenticate": "portal.accounts.allauth_forms.AuthenticateForm",
    "reauthenticate": "portal.accounts.allauth_forms.ReauthenticateForm",
    "add_webauthn": "portal.accounts.allauth_forms.AddKeyForm",
    "edit_webauthn": "portal.accounts.allauth_forms.EditKeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # only a change that waits is unconfirmed; it must not be in the way
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off

# Wrong passwords: five by one address for one person, then a quarter of an hour without.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "portal.accounts.lockout.typed_address"
AXES_CLIENT_IP_CALLABLE = "portal.accounts.lockout.network"
AXES_WHITELIST_CALLABLE = "portal.accounts.lockout.is_counted_for_device"
AXES_LOCKOUT_CALLABLE = "portal.accounts.lockout.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # portal/staff/people.py shows what is locked
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login", "email", "code", "csrfmiddlewaretoken"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
