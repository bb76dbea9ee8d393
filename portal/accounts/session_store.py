"""Sessions in the database, always read and written by the sign-in login."""

from django.contrib.sessions.backends import db

from portal.tenants.scope import signin_login


class SessionStore(db.SessionStore):
    """Django's own store; the login of pages may not read other people's sessions."""

    def _get_session_from_db(self):
        with signin_login():
            return super()._get_session_from_db()

    def exists(self, session_key: str) -> bool:
        with signin_login():
            return super().exists(session_key)

    def save(self, must_create: bool = False) -> None:
        with signin_login():
            super().save(must_create)

    def delete(self, session_key: str | None = None) -> None:
        with signin_login():
            super().delete(session_key)
