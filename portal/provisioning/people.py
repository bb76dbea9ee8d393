"""People and their memberships, as a provisioning file asks for them."""

from portal.accounts.models import Membership, User
from portal.provisioning.specs import Reference, UserSpec
from portal.provisioning.writer import Writer
from portal.tenants.models import Tenant
from portal.tenants.undone import customers

_STAFF_FIELDS = {"is_staff", "is_superuser"}


def write_users(writer: Writer, specs: tuple[UserSpec, ...], *, set_passwords: bool) -> None:
    """Create and change people; the password of one who exists is changed with `set_passwords` alone."""
    tenants = {tenant.slug: tenant for tenant in customers()}
    for spec in specs:
        user = User.objects.filter(email__iexact=spec.email).first()
        is_new = user is None
        if user is None:
            user = User(email=User.objects.normalize_email(spec.email))
            user.set_password(spec.password or None)
        values: dict[str, object] = {}
        if "name" in spec.at:
            values["name"] = spec.name
        if "staff" in spec.at:
            # Staff run the portal, its admin pages included; these ask for the second.
            values |= {"is_staff": spec.staff, "is_superuser": spec.staff}
        saved = writer.save(user, values, position=spec.position, at=spec.at)
        keys = ["staff" if name in _STAFF_FIELDS else name for name in saved]
        if user.pk is None:
            continue
        if is_new:
            user.confirm_email()  # an address in the file counts as confirmed
        if not is_new and spec.password and not user.check_password(spec.password):
            if set_passwords:
                user.set_password(spec.password)
                user.save(update_fields=["password"])
                keys.append("password")
            else:
                writer.outcome.notes.append(
                    f"user {user.email}: the password in the file differs and was not set; use --set-passwords"
                    " to set it"
                )
        more = "" if spec.password or not is_new else _without_password(user)
        writer.tell_saved(f"user {user.email}", is_new=is_new, changed=keys, more=more)
        for wanted in spec.memberships:
            if wanted.name in tenants:
                _write_membership(writer, user, tenants[wanted.name], wanted)


def _without_password(user: User) -> str:
    return f", without a password: set one with bin/portal changepassword {user.email}"


def _write_membership(writer: Writer, user: User, tenant: Tenant, wanted: Reference) -> None:
    membership = Membership.objects.filter(user=user, tenant=tenant).first()
    is_new = membership is None
    membership = membership or Membership(user=user, tenant=tenant)
    if writer.save(membership, {"role": wanted.role}, position=wanted.position, at={"role": wanted.position}):
        what = f"{wanted.role} of {tenant.slug}"
        writer.tell(f"user {user.email}", what, tenant=tenant, role=wanted.role, created=is_new)
