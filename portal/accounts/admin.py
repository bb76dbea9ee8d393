"""People, memberships and the audit log for staff."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.accounts.admin_base import ReadOnlyAdmin, RecordedAdmin
from portal.accounts.models import AuditEntry, Membership, User
from portal.tenants.models import Tenant


class UserCreationForm(AdminUserCreationForm):
    """A new person by e-mail address, with a password or none."""

    class Meta:
        model = User
        fields = ("email", "name")
        field_classes: dict = {}


class _CustomersOnly:
    """No membership reaches a pool."""

    def formfield_for_foreignkey(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name == "tenant":
            kwargs["queryset"] = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class MembershipInline(_CustomersOnly, admin.TabularInline):
    model = Membership
    raw_id_fields = ("tenant",)
    extra = 0


@admin.register(User)
class UserAdmin(RecordedAdmin, DjangoUserAdmin):
    add_form = UserCreationForm
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
    filter_horizontal = ("groups",)
    ordering = ("email", "id")
    inlines = (MembershipInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        # Whoever may change people must not make themselves more than they are.
        more = () if request.user.is_superuser else ("is_staff", "is_superuser", "groups")
        return (*self.readonly_fields, *more)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not is_above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not is_above and super().has_delete_permission(request, obj)


@admin.register(Membership)
class MembershipAdmin(_CustomersOnly, RecordedAdmin):
    list_display = ("user", "tenant", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "tenant")
    search_fields = ("user__email", "user__name", "tenant__name", "tenant__slug")
    raw_id_fields = ("user", "tenant")
    ordering = ("tenant__name", "user__email", "id")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """What was done, by whom; append-only, in the database too."""

    list_display = ("at", "actor", "action", "subject", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("=actor", "=action", "subject", "=tenant__slug")
    search_help_text = _("Who, what was done, what it was about, or a tenant's slug.")
