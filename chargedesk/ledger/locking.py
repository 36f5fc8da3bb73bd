"""Money under lock: what is available, holds, and purchases known twice (M10, M11).

Lock order everywhere: root (inner before outer, then by id), budget, intent, audit head (M17).
"""

from collections.abc import Callable, Collection
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import Coalesce, Greatest

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, Hold, MoneyRoot
from chargedesk.ledger.rollups import lock_totals, refresh_roots, set_shadows

# Moves open orders from one root to another: (from, to, the inner charges) -> the orders moved, or
# None if that cannot be now.
OrdersFollow = Callable[[UUID, UUID, Collection[UUID]], Collection[UUID] | None]


class RootLinkError(ChargeDeskError):
    """These two records cannot be one purchase."""

    code = "root_link_invalid"


def locked_root(root_id: UUID) -> MoneyRoot:
    """Lock and return the row on which this root's money is limited.

    That is the outer one of a purchase known twice.
    Raises MoneyRoot.DoesNotExist for an id this tenant does not have.
    """
    root = MoneyRoot.objects.select_for_update().get(id=root_id)
    # The inner row is locked, so its parent stays what it is.
    return root if root.parent_id is None else locked_root(root.parent_id)


def available(root: MoneyRoot) -> Money:
    """What can still be refunded (M11): captured, less refunds and holds; never below zero.

    Call it under the lock. Of a purchase known twice, both records tell of the same money:
    what either says is gone is gone.
    """
    inner = _inner_sums(root)
    captured = root.captured_minor or inner["captured"]
    refunded = _refunded(root, inner)
    return Money.of(max(0, captured - refunded - root.held_minor - inner["held"]), root.currency)


def refunded_minor(root: MoneyRoot) -> int:
    """What went back of a root, as any record of the purchase tells."""
    return _refunded(root, _inner_sums(root))


def totals_agree(root: MoneyRoot) -> bool:
    """Whether the provider's total equals the refund rows; if not, read the refunds again (M11)."""
    return bool(root.refunds_minor == root.provider_refunded_minor)


def place_hold(root_id: UUID, intent_id: UUID, amount: Money) -> Hold:
    """Keep `amount` of a root for an order; the same order holds once. Locks the root."""
    root = locked_root(root_id)
    hold, is_new = Hold.objects.get_or_create(
        intent_id=intent_id,
        defaults={
            "tenant_id": scoping.current_tenant(),
            "root": root,
            "amount_minor": amount.minor,
            "placed_at": clock.now(),
        },
    )
    if is_new:
        refresh_roots([root.id])
    return hold


def release_hold(intent_id: UUID) -> bool:
    """End an order's hold; False if it holds nothing (any more). Locks the root."""
    hold = Hold.objects.filter(intent_id=intent_id, released_at=None).first()
    if hold is None:
        return False
    root = locked_root(hold.root_id)
    # Another may have released it while we waited for the lock.
    released = Hold.objects.filter(id=hold.id, released_at=None).update(released_at=clock.now())
    refresh_roots({hold.root_id, root.id} if released else ())
    return bool(released)


def locked_roots(*, inner: Collection[UUID], outer: Collection[UUID]) -> set[UUID]:
    """Lock both sides of purchases known twice, then the totals of their customers.

    Returns the ids there are. The order is the one every other takes (M17).
    """
    found: set[UUID] = set()
    for ids in (inner, outer):
        rows = MoneyRoot.objects.select_for_update().filter(id__in=ids).order_by("id")
        found |= set(rows.values_list("id", flat=True))
    lock_totals(found)
    return found


def link_parent(inner_id: UUID, outer_id: UUID) -> MoneyRoot | None:
    """Make `outer` carry lock and limits of `inner`, which tells of the same purchase (M10).

    Returns the outer root; None, changing nothing, while orders of both are at their providers.
    Locks both; open orders and holds move to the outer one, both get a new money version, and the
    inner charges count no more. Raises RootLinkError for a chain or two currencies.
    """
    inner = MoneyRoot.objects.select_for_update().get(id=inner_id)
    outer = MoneyRoot.objects.select_for_update().get(id=outer_id)
    if inner.parent_id == outer.id:
        return outer
    if _is_chain(inner, outer):
        raise RootLinkError("One of these records already belongs to another purchase.")
    if inner.currency != outer.currency:
        raise RootLinkError("The two records are in different currencies.", parameter="currency")
    if _orders_follow(inner.id, outer.id, _charges_of(inner.id)) is None:
        return None
    MoneyRoot.objects.filter(id=inner.id).update(parent=outer)
    Hold.objects.filter(root=inner, released_at=None).update(root=outer)
    set_shadows(Charge.objects.filter(root_id=inner.id), is_shadow=True)
    refresh_roots((), touched=[inner.id, outer.id])
    outer.refresh_from_db()
    return outer


def unlink_parent(inner_id: UUID) -> None:
    """Undo `link_parent`: orders about the inner charges, their holds and sums go back to them."""
    inner = MoneyRoot.objects.select_for_update().get(id=inner_id)
    if inner.parent_id is None:
        return
    outer = MoneyRoot.objects.select_for_update().get(id=inner.parent_id)
    moved = _orders_follow(outer.id, inner.id, _charges_of(inner.id)) or ()
    MoneyRoot.objects.filter(id=inner.id).update(parent=None)
    Hold.objects.filter(intent_id__in=moved, released_at=None).update(root=inner)
    set_shadows(Charge.objects.filter(root_id=inner.id), is_shadow=False)
    refresh_roots((), touched=[inner.id, outer.id])


def orders_follow(follow: OrdersFollow) -> None:
    """Register who moves orders when two roots become one, or two again.

    The part that has orders calls this once; the ledger calls nobody above it by name.
    """
    global _orders_follow  # noqa: PLW0603  set once, when the parts are loaded
    _orders_follow = follow


def _no_orders(_from: UUID, _to: UUID, _charges: Collection[UUID]) -> Collection[UUID] | None:
    return ()


_orders_follow: OrdersFollow = _no_orders


def _charges_of(root_id: UUID) -> list[UUID]:
    return list(Charge.objects.filter(root_id=root_id).values_list("id", flat=True))


def _is_chain(inner: MoneyRoot, outer: MoneyRoot) -> bool:
    is_linked = inner.parent_id is not None or outer.parent_id is not None
    return inner.id == outer.id or is_linked or MoneyRoot.objects.filter(parent=inner).exists()


def _refunded(root: MoneyRoot, inner: dict[str, int]) -> int:
    return int(max(root.refunds_minor, root.provider_refunded_minor, inner["refunded"]))


def _inner_sums(root: MoneyRoot) -> dict[str, int]:
    return MoneyRoot.objects.filter(parent=root).aggregate(
        captured=Coalesce(Sum("captured_minor"), 0),
        refunded=Coalesce(Sum(Greatest("refunds_minor", "provider_refunded_minor")), 0),
        held=Coalesce(Sum("held_minor"), 0),
    )
