"""Base classes of admin pages: audit log of changes, read-only pages, capped counts of big tables."""

from collections.abc import Iterable

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from portal.accounts.models import record
from portal.tenants.models import Tenant

MAX_COUNTED = 10_000
MAX_FOUND = 1_000
LAST_CHARACTER = "\U0010ffff"


class CappedPaginator(Paginator):
    """Paginator that counts at most MAX_COUNTED rows. Rows beyond are found by search and filters."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:MAX_COUNTED].count()


class WholeWordSearch:
    """Searches a table that may be big by whole values or beginnings that an index answers, never by parts of a text.

    `prefix_fields` need an index in "C" order. What each finds first is put together, at most MAX_FOUND rows each.
    """

    whole_fields: tuple[str, ...] = ()
    prefix_fields: tuple[str, ...] = ()
    search_fields = ("pk",)  # for the search field to be there at all

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str):
        word = search_term.replace("\0", "").strip()
        if not word:
            return queryset, False
        rows = self.model._default_manager
        asked = [rows.filter(**{name: word}).order_by("-pk") for name in self.whole_fields]
        asked += [
            rows.filter(**{f"{name}__gte": word, f"{name}__lt": word + LAST_CHARACTER}).order_by(name)
            for name in self.prefix_fields
        ]
        found = {key for matching in asked for key in matching.values_list("pk", flat=True)[:MAX_FOUND]}
        return queryset.filter(pk__in=found), False


class ListAdmin(ModelAdmin):
    """Admin that lists rows without counting a big table, and rejects actions on invalid ids."""

    show_full_result_count = False
    paginator = CappedPaginator

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        for selected in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                queryset.filter(pk=selected)
            except (ValidationError, ValueError):
                self.message_user(request, _("%(id)s is no id of a row here.") % {"id": selected[:100]}, messages.ERROR)
                return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset)


class RecordedAdmin(ListAdmin):
    """Admin that also writes changes to the audit log, to the tenant's part if they concern one."""

    def log_addition(self, request: HttpRequest, obj: Model, message):
        self._record(request, "admin.add", obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message):
        self._record(request, "admin.change", obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]):
        for obj in queryset:
            self._record(request, "admin.delete", obj, ())
        return super().log_deletions(request, queryset)

    def _record(self, request: HttpRequest, action: str, obj: Model, message) -> None:
        tenant = obj if isinstance(obj, Tenant) else getattr(obj, "tenant", None)
        fields = _changed_fields(message)
        record(
            action,
            actor=request.user.email,
            tenant=tenant,
            subject=f"{self.opts.model_name} {obj}",
            details={"fields": fields} if fields else {},
        )


class ReadOnlyAdmin(ListAdmin):
    """Rows that staff may look at; what changes them are services, some of them called by actions."""

    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def ids_of(rows: QuerySet) -> list[int]:
    """Return the ids of the rows that an action was started for."""
    return list(rows.order_by("id").values_list("id", flat=True))


def _changed_fields(message) -> list[str]:
    """Return the fields' names of Django's change message; the values stay out of the record."""
    parts = message if isinstance(message, list) else []
    return sorted({field for part in parts for change in part.values() for field in change.get("fields", ())})
