"""People, memberships and the audit log for staff."""

from collections.abc import Callable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm
from unfold.forms import UserCreationForm as DressedCreationForm

from portal.accounts import (
    audit_sentences,
    factor_mails,
    invitations,
    lost_rights,
    mail,
    owners,
    sessions,
    staff_rights,
)
from portal.accounts.admin_base import ReadOnlyAdmin, RecordedAdmin, WholeWordSearch
from portal.accounts.models import AuditEntry, Invitation, Membership, Role, UnsentMail, User, record
from portal.staff import unsent_mail
from portal.tenants.undone import customers

# The packages' own pages show secrets' containers and session keys; staff need neither.
admin.site.unregister(Authenticator)
admin.site.unregister(UserSession)
# These come back below, in the admin's own dress.
admin.site.unregister(Group)
admin.site.unregister(EmailAddress)


class UserCreationForm(DressedCreationForm):
    """A new person by e-mail address, with a password or none."""

    class Meta:
        model = User
        fields = ("email", "name")
        field_classes: dict = {}


class _CustomersOnly:
    """No membership reaches a pool, or a customer that was undone."""

    def formfield_for_foreignkey(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name == "tenant":
            kwargs["queryset"] = customers()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class _ViewerFirst:
    """Admin mixin: a new row starts with the role that may do the least."""

    def formfield_for_choice_field(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name == "role":
            kwargs["initial"] = Role.VIEWER
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class _ChangesMembers:
    """Admin mixin: changes keep each tenant's last owner, and settle lost rights."""

    def changeform_view(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return self._guarded(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return self._guarded(request, super().delete_view, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return self._guarded(request, super().changelist_view, *args, **kwargs)

    def _guarded(self, request: HttpRequest, view: Callable[..., HttpResponse], *args, **kwargs) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        try:
            with owners.keep_owners():
                response = view(request, *args, **kwargs)
                lost_rights.settle(actor=request.user.email, now=timezone.now())
                return response
        except owners.NotAllowed as error:
            list(messages.get_messages(request))  # drop success messages of a change that was rolled back
            messages.error(request, str(error.text))
            return HttpResponseRedirect(request.get_full_path())


class MembershipInline(_CustomersOnly, _ViewerFirst, TabularInline):
    model = Membership
    tab = True
    autocomplete_fields = ("tenant",)
    extra = 0


@admin.register(User)
class UserAdmin(_ChangesMembers, RecordedAdmin, DjangoUserAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Times"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_display = ("email", "name", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_fields = ("email", "name")
    filter_horizontal = ()
    autocomplete_fields = ("groups",)
    ordering = ("email", "id")
    inlines = (MembershipInline,)
    actions = ("remove_second_factors", "end_sessions")

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            obj.confirm_email()  # staff vouch for it

    @admin.action(description=_("Remove all second factors (if a phone or key was lost)"), permissions=["change"])
    def remove_second_factors(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in self._changeable(request, users):
            Authenticator.objects.filter(user=user).delete()
            factor_mails.tell_of_removal_by_staff(user)
            factor_mails.tell_others(user, factor_mails.REMOVED)
            sessions.end_others(user, current_key=request.session.session_key)
            record("second_factor.removed", actor=request.user.email, subject=user.email, details={"by": "staff"})
        self.message_user(
            request, gettext("These people sign in with their password only until they set up a second factor again.")
        )

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, users: QuerySet[User]) -> None:
        ended = 0
        for user in self._changeable(request, users):
            ended += sessions.end_others(user, current_key=None)
            record("sessions.ended", actor=request.user.email, subject=user.email, details={"by": "staff"})
        text = ngettext("%(number)s session was signed out.", "%(number)s sessions were signed out.", ended)
        self.message_user(request, text % {"number": ended})

    def _changeable(self, request: HttpRequest, users: QuerySet[User]) -> list[User]:
        return [user for user in users if self.has_change_permission(request, user)]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        # Staff who may change people must not give themselves more rights.
        more = () if request.user.is_superuser else ("is_staff", "is_superuser", "groups")
        return (*self.readonly_fields, *more)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may_this_one = obj is None or staff_rights.may_change(request.user, obj)
        return may_this_one and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may_this_one = obj is None or staff_rights.may_change(request.user, obj)
        return may_this_one and super().has_delete_permission(request, obj)


@admin.register(Membership)
class MembershipAdmin(_ChangesMembers, _CustomersOnly, _ViewerFirst, RecordedAdmin):
    list_display = ("user", "tenant", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "tenant")
    search_fields = ("user__email", "user__name", "tenant__name", "tenant__slug")
    autocomplete_fields = ("user", "tenant")
    ordering = ("tenant__name", "user__email", "id")


@admin.register(Group)
class GroupAdmin(RecordedAdmin, DjangoGroupAdmin):
    """Sets of permissions for staff who are not to do everything. Superusers alone change them."""

    list_display = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return request.user.is_superuser


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    """Addresses of people and whether they are confirmed; changed by the people, or with the person (User) by staff."""

    list_display = ("email", "user", "verified", "primary")
    list_filter = ("verified", "primary")
    list_select_related = ("user",)
    search_fields = ("email", "user__email")
    ordering = ("email", "id")

    def has_delete_permission(self, request: HttpRequest, obj: EmailAddress | None = None) -> bool:
        # With the person, whose deletion takes the address along; so for those who may delete that person.
        return admin.site.get_model_admin(User).has_delete_permission(request, obj.user if obj else None)


@admin.register(AuditEntry)
class AuditEntryAdmin(WholeWordSearch, ReadOnlyAdmin):
    """Audit log: append-only, in the database too."""

    list_display = ("at", "sentence", "action", "tenant")
    list_select_related = ("tenant",)
    whole_fields = ("actor", "action", "subject", "tenant__slug")
    search_help_text = _("A whole e-mail address, action or subject, or a customer's slug.")

    @admin.display(description=_("What happened"))
    def sentence(self, entry: AuditEntry) -> str:
        return audit_sentences.sentence(entry)


@admin.register(UnsentMail)
class UnsentMailAdmin(ReadOnlyAdmin):
    """Mails that could not be sent; each can be read once."""

    list_display = ("to", "subject", "made_at", "text", "shown_at", "shown_by")
    fields = readonly_fields = ("to", "subject", "made_at", "text", "shown_at", "shown_by")
    search_fields = ("to",)

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(unsent_mail.show)
        return [path("<int:mail_id>/show/", view, name="accounts_unsentmail_show"), *super().get_urls()]

    @admin.display(description=_("Text"))
    def text(self, unsent: UnsentMail) -> str:
        if not unsent.sealed:
            return gettext("shown and deleted")
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:accounts_unsentmail_show", args=[unsent.pk]), gettext("Show once")
        )


class InvitationForm(forms.ModelForm):
    class Meta:
        model = Invitation
        fields = ("tenant", "email", "role")


@admin.register(Invitation)
class InvitationAdmin(_CustomersOnly, _ViewerFirst, RecordedAdmin):
    """Memberships offered by e-mail: the way to a tenant's first owner without anybody handling a password."""

    form = InvitationForm
    list_display = ("email", "tenant", "role", "invited_by", "created_at", "state")
    list_filter = ("role",)
    list_select_related = ("tenant",)
    search_fields = ("email", "tenant__name", "tenant__slug", "invited_by")
    autocomplete_fields = ("tenant",)
    ordering = ("-id",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Invitation, form: InvitationForm, change: bool) -> None:
        data = form.cleaned_data
        made = invitations.invite(
            tenant=data["tenant"],
            email=data["email"],
            role=data["role"],
            inviter=request.user,
            now=timezone.now(),
        )
        obj.pk = made.pk
        if not mail.is_set():
            messages.warning(
                request, gettext("No mail server is set. The link of the invitation is under Unsent e-mails.")
            )

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> tuple[str, ...]:
        made = ("invited_by", "created_at", "expires_at", "state")
        return ("tenant", "email", "role", *(made if obj else ()))

    @admin.display(description=_("State"))
    def state(self, invitation: Invitation) -> str:
        return str(invitations.state_of(invitation, now=timezone.now()))

    @admin.action(description=_("Revoke"), permissions=["add"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        for invitation in chosen.select_related("tenant"):
            invitations.revoke(invitation=invitation, actor=request.user.email, now=timezone.now())


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Wrong passwords by address and person; deleting a row lets them try again at once."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time", "is_locked")
    fields = readonly_fields = ("username", "ip_address", "user_agent", "failures_since_start", "attempt_time")
    search_fields = ("username", "=ip_address")
    search_help_text = _("An e-mail address as it was typed, or an IP address.")
    ordering = ("-attempt_time", "-id")

    def has_delete_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")

    @admin.display(description=_("Locked"), boolean=True)
    def is_locked(self, attempt: AccessAttempt) -> bool:
        is_recent = attempt.attempt_time > timezone.now() - settings.AXES_COOLOFF_TIME
        return is_recent and attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT
