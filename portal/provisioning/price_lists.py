"""Price lists, as a provisioning file asks for them: read, and written with their check."""

from babel.numbers import list_currencies
from django.core.exceptions import ValidationError

from portal.provisioning.positions import Position, Value, meant
from portal.provisioning.specs import PriceListSpec, Reference
from portal.provisioning.writer import Writer
from portal.tenants.models import GatewayAccount, Tenant
from reports.billing.prices import changing
from reports.billing.prices.reading import content_of
from reports.billing.prices.rows import Content, Row
from reports.billing.prices.table import COLUMNS, read_rows
from reports.billing.prices.texts import LINE_PROBLEMS, LIST_PROBLEMS, problem_text
from reports.models import PriceChange, PriceList

_MAX_CELL = 300


def read_price_list(value: Value) -> PriceListSpec:
    """Return the list that a file describes; what is wrong with it is noted."""
    keys = value.keys(("name", "currency"), ("issuer", "account", "customer", "basis", "per", "rows"))
    name = keys["name"].text(longest=120) if "name" in keys else ""
    currency = keys["currency"].text(longest=3) if "currency" in keys else ""
    if currency and currency not in list_currencies():
        keys["currency"].wrong(f"{currency!r} is not an ISO 4217 currency (such as EUR)")
    content, lines = _rows(keys["rows"], currency) if "rows" in keys else (None, {})
    return PriceListSpec(
        position=value.position,
        at={key: one.position for key, one in keys.items()},
        issuer=_reference(keys, "issuer"),
        account=_reference(keys, "account"),
        customer=_reference(keys, "customer"),
        name=name,
        currency=currency,
        basis=_one_of(keys, "basis", PriceList.Basis.values, PriceList.Basis.SENT),
        per=_one_of(keys, "per", PriceList.Per.values, PriceList.Per.PART),
        content=content,
        lines=lines,
    )


def _rows(value: Value, currency: str) -> tuple[Content, dict[Row, Position]]:
    """Return the rows of a list, with the columns of its files as keys."""
    items = dict(enumerate(value.items()))
    rows = []
    for number, item in items.items():
        cells = {key: one.scalar(longest=_MAX_CELL) for key, one in item.keys((), tuple(COLUMNS)).items()}
        rows.append((number, cells))
    read = read_rows(rows, currency=currency)
    for problem in read.problems:
        text = str(LINE_PROBLEMS[problem.code] % {"value": problem.value})
        items[problem.line].wrong(f"{problem.column}: {text}" if problem.column else text)
    return read.content, {row: items[number].position for row, number in read.lines.items()}


def _reference(keys: dict[str, Value], key: str) -> Reference | None:
    if key not in keys or keys[key].is_null:
        return None
    return Reference(keys[key].position, keys[key].text(longest=63))


def _one_of(keys: dict[str, Value], key: str, known: list[str], default: str) -> str:
    if key not in keys:
        return default
    text = keys[key].text(longest=20)
    if text and text not in known:
        keys[key].wrong(f"unknown {key} {text!r}{meant(text, known)}; allowed: {', '.join(known)}")
    return text


def write_price_lists(writer: Writer, specs: tuple[PriceListSpec, ...]) -> None:
    """Create the lists and change those that are there, with all their rows where the file has them."""
    for spec in specs:
        issuer, customer = _tenant(spec.issuer), _tenant(spec.customer)
        account = GatewayAccount.objects.filter(name=spec.account.name).first() if spec.account else None
        found = PriceList.objects.filter(
            archived_at=None, issuer=issuer, account=account, customer=customer
        ).first()  # fmt: skip
        is_new, changed = found is None, set()
        terms = changing.Terms(spec.name, spec.basis, spec.per)
        try:
            if found is None:
                found = changing.create_list(
                    issuer=issuer, terms=terms, currency=spec.currency, actor=writer.actor, now=writer.now,
                    account=account, customer=customer,
                )  # fmt: skip
            elif found.currency != spec.currency:
                text = f"this list is in {found.currency}, which cannot be changed; archive it first"
                writer.problems.add(spec.at["currency"], text)
                continue
            elif changing.change_terms(found, terms, actor=writer.actor, now=writer.now):
                changed.add("terms")
            if spec.content is not None and spec.content.ordered() != content_of(found):
                changing.replace_content(
                    found, spec.content, revision=found.revision, cause=PriceChange.Cause.PROVISIONED,
                    actor=writer.actor, now=writer.now, today=writer.now.date(),
                )  # fmt: skip
                changed.add("rows")
        except changing.NoList as error:
            writer.problems.add(spec.position, str(LIST_PROBLEMS[error.code]))
        except ValidationError as error:
            for name, texts in error.message_dict.items():
                writer.problems.add(spec.at.get(name, spec.position), " ".join(texts))
        except changing.Refused as error:
            for problem in error.errors:
                at = spec.lines.get(problem.row, spec.at["rows"]) if problem.row else spec.at["rows"]
                writer.problems.add(at, problem_text(problem, spec.currency))
        else:
            writer.tell_saved(f"price list {spec.name}", is_new=is_new, changed=changed, tenant=issuer)


def _tenant(reference: Reference | None) -> Tenant | None:
    return Tenant.objects.filter(slug=reference.name).first() if reference else None
