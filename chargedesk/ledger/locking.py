"""Money under lock: what is available, holds, and purchases known twice (M10, M11).

Lock order everywhere: root (inner before outer, then by id), budget, intent, audit head (M17).
"""

from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import Coalesce, Greatest

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Hold, MoneyRoot
from chargedesk.ledger.rollups import refresh_roots


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

    Call it under the lock.     Of a purchase known twice, both records tell of the same money:
    what either says is gone is gone.
    """
    inner = _inner_sums(root)
    captured = root.captured_minor or inner["captured"]
    refunded = max(root.refunds_minor, root.provider_refunded_minor, inner["refunded"])
    return Money.of(max(0, captured - refunded - root.held_minor - inner["held"]), root.currency)


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


def link_parent(inner_id: UUID, outer_id: UUID) -> MoneyRoot:
    """Make `outer` carry lock and limits of `inner`, which tells of the same purchase (M10).

    Returns the outer root. Locks both; open holds move to the outer one, and both get a new money
    version. Raises RootLinkError for a chain or two currencies.
    """
    inner = MoneyRoot.objects.select_for_update().get(id=inner_id)
    outer = MoneyRoot.objects.select_for_update().get(id=outer_id)
    if inner.parent_id == outer.id:
        return outer
    if _is_chain(inner, outer):
        raise RootLinkError("One of these records already belongs to another purchase.")
    if inner.currency != outer.currency:
        raise RootLinkError("The two records are in different currencies.", parameter="currency")
    MoneyRoot.objects.filter(id=inner.id).update(parent=outer)
    Hold.objects.filter(root=inner, released_at=None).update(root=outer)
    refresh_roots((), touched=[inner.id, outer.id])
    outer.refresh_from_db()
    return outer


def _is_chain(inner: MoneyRoot, outer: MoneyRoot) -> bool:
    is_linked = inner.parent_id is not None or outer.parent_id is not None
    return inner.id == outer.id or is_linked or MoneyRoot.objects.filter(parent=inner).exists()


def _inner_sums(root: MoneyRoot) -> dict[str, int]:
    return MoneyRoot.objects.filter(parent=root).aggregate(
        captured=Coalesce(Sum("captured_minor"), 0),
        refunded=Coalesce(Sum(Greatest("refunds_minor", "provider_refunded_minor")), 0),
        held=Coalesce(Sum("held_minor"), 0),
    )
