"""Lets a shop reach the payment gateway behind it: what it gives back goes back there as well."""

from collections.abc import Mapping

from sandbox.journal import Entry, write_entry
from sandbox.provider import Call, Provider
from sandbox.wire import Identity, Request

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
        inner = Call(request, Identity(account), call.db, call.now)
        order = {"object": charge_id, "do": "dashboard_refund", "amount": minor}
        call.db.execute("SAVEPOINT behind")
        try:
            made = self._providers[gateway].act(inner, order)["object"]
        except Exception as error:
            call.db.execute("ROLLBACK TO behind")
            raise BehindRefusedError(str(error)) from error
        finally:
            call.db.execute("RELEASE behind")
        ids = (str(made.get("id", "")), charge_id)
        entry = Entry(gateway, account, None, 201, "refund.created", ids, amount=minor)
        write_entry(call.db, request, entry, call.now)
        call.deliveries_behind += inner.deliveries
