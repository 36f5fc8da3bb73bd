"""Lets a shop reach the payment gateway behind it: what it gives back goes back there as well."""

from collections.abc import Mapping

from sandbox.journal import Entry, write_entry
from sandbox.provider import Call, Provider
from sandbox.wire import Identity, Json, Request

FIND = "SELECT shelf FROM objects WHERE id = ? AND shelf LIKE ?"


class BehindRefusedError(Exception):
    """The gateway behind did not give the money back; nothing changed there."""


class Behind:
    """The gateways behind, as the shop's plug-ins reach them: with keys of the shop's own."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers

    def refund(self, call: Call, gateway: str, charge_id: str, minor: int) -> None:
        """Give a part of a charge back there, in the caller's transaction, with a journal entry.

        Nothing happens for a charge that nobody here knows. Raises BehindRefusedError.
        """
        row = call.db.execute(FIND, (charge_id, f"{gateway}/%")).fetchone()
        if row is None:
            return
        account = str(row["shelf"]).split("/")[1]
        request = Request("POST", f"/{gateway}/refunds", "", {}, b"")
        order = {"object": charge_id, "do": "dashboard_refund", "amount": minor}
        made = self._acted(call, gateway, Identity(account), request, order)
        ids = (str(made.get("id", "")), charge_id)
        entry = Entry(gateway, account, None, 201, "refund.created", ids, amount=minor)
        write_entry(call.db, request, entry, call.now)

    def cancel(self, call: Call, gateway: str, subscription_id: str, *, is_later: bool) -> None:
        """End a subscription there, now or when its period does. Raises BehindRefusedError."""
        row = call.db.execute(FIND, (subscription_id, f"{gateway}/%")).fetchone()
        if row is None:
            raise BehindRefusedError(f"There is no subscription {subscription_id}.")
        account = str(row["shelf"]).split("/")[1]
        request = Request("PUT", f"/{gateway}/subscriptions/cancel", "", {}, b"")
        order = {"object": subscription_id, "do": "cancel_later" if is_later else "cancel"}
        self._acted(call, gateway, Identity(account), request, order)
        entry = Entry(gateway, account, None, 200, "subscription.canceled", (subscription_id,))
        write_entry(call.db, request, entry, call.now)

    def _acted(
        self, call: Call, gateway: str, who: Identity, request: Request, order: Json
    ) -> Json:
        inner = Call(request, who, call.db, call.now)
        call.db.execute("SAVEPOINT behind")
        try:
            made: Json = self._providers[gateway].act(inner, order)["object"]
        except Exception as error:
            call.db.execute("ROLLBACK TO behind")
            raise BehindRefusedError(str(error)) from error
        finally:
            call.db.execute("RELEASE behind")
        call.deliveries_behind += inner.deliveries
        return made
