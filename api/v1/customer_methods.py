"""What acts on a customer's own details at the gateway: an addition to v1."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.parameters import Nested, StrictInput, body_input
from api.schema import ordering
from api.v1 import formats, known
from api.v1.customer_output import customers_json
from api.v1.customers import complete_customers
from api.v1.gateway_methods import MoneyView, ordered, wish_of
from api.v1.order_input import VoidInput
from api.v1.shapes import CARD_UPDATE_ANSWER, CUSTOMER_ANSWER
from api.v1.view import caller_key
from chargedesk.actions.details import ADDRESS
from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping
from chargedesk.base.errors import InvalidInputError
from chargedesk.ledger.models import GatewayCustomer
from gateways.capabilities import ActionKind


class AddressInput(StrictInput):
    """The parts of an address; those not named stay."""

    line1 = serializers.CharField(required=False, allow_blank=True, max_length=200)
    line2 = serializers.CharField(required=False, allow_blank=True, max_length=200)
    city = serializers.CharField(required=False, allow_blank=True, max_length=120)
    postal_code = serializers.CharField(required=False, allow_blank=True, max_length=40)
    state = serializers.CharField(required=False, allow_blank=True, max_length=120)
    country = serializers.RegexField(r"^[A-Z]{2}$", required=False, help_text="Two letters.")


class TaxDetailsInput(VoidInput):
    """What invoices say of the customer from now on; what is not named stays."""

    name = serializers.CharField(required=False, max_length=200)
    address = AddressInput(required=False)
    tax_id = serializers.CharField(required=False, max_length=40)
    tax_id_type = serializers.CharField(
        required=False, max_length=40, help_text="The gateway's word, such as eu_vat."
    )
    remove_tax_id = serializers.BooleanField(required=False, default=False)


class MethodInput(VoidInput):
    """Which card or account on file, by the gateway's id."""

    payment_method = serializers.CharField(max_length=255)


class CustomerMethodView(MoneyView):
    """A POST that orders one action on one customer."""

    action: ClassVar[ActionKind]
    body: ClassVar[type[known.ConnectionInput]] = VoidInput

    def details(self, _values: Nested, _customer: GatewayCustomer) -> dict[str, Any]:
        """The order's details in the caller's words."""
        return {}

    def more(self, _intent: ActionIntent) -> dict[str, Any]:
        """What the answer has besides the customer."""
        return {}

    def order(self, request: Request, customer_id: str) -> Response:
        """Read the body, order, answer with the customer as they then are."""
        values, key = body_input(self.body, request), caller_key(request)
        with scoping.tenant(key.tenant_id):
            rows = complete_customers()
            found = known.by_external_id(rows, customer_id, values.get("gateway_id"))
            details = self.details(values, found)
        wish = wish_of(request, self.action, found.id, values, details=details)

        def shown(intent: ActionIntent) -> dict[str, Any]:
            customer = complete_customers().get(id=found.id)
            return {"customer": customers_json([customer], key)[0], **self.more(intent)}

        return ordered(wish, shown)


class TaxDetailsView(CustomerMethodView):
    """POST /v1/gateway/customers/{customer_id}/tax_details."""

    action = ActionKind.UPDATE_TAX_DETAILS
    body = TaxDetailsInput

    def details(self, values: Nested, customer: GatewayCustomer) -> dict[str, Any]:
        """Name, address and tax id; at least one of them."""
        if not {"name", "address", "tax_id", "tax_id_type"} & set(values):
            if not values["remove_tax_id"]:
                raise InvalidInputError(_("Say what changes."), parameter="name")
        elif "tax_id_type" in values and "tax_id" not in values:
            text = _("Kind and number of the tax id belong together.")
            raise InvalidInputError(text, parameter="tax_id")
        kept = {part: customer.address.get(part) or "" for part in ADDRESS}
        return {
            "name": values.get("name", ""),
            "address": kept | dict(values.get("address", {})),
            "tax_id_type": values.get("tax_id_type", ""),
            "tax_id": values.get("tax_id", ""),
            "removes_tax_id": values["remove_tax_id"],
        }

    @ordering(
        "correctTaxDetails",
        "Correct a customer's name, address or tax id",
        body=TaxDetailsInput,
        answer=CUSTOMER_ANSWER,
    )
    def post(self, request: Request, customer_id: str) -> Response:
        """An addition to v1. Invoices already issued stay as they are."""
        return self.order(request, customer_id)


class CardUpdateView(CustomerMethodView):
    """POST /v1/gateway/customers/{customer_id}/card_update."""

    action = ActionKind.REQUEST_CARD_UPDATE

    def more(self, intent: ActionIntent) -> dict[str, Any]:
        """The link, and until when it works."""
        return {
            "card_update_link": formats.text(intent.result_url),
            "card_update_link_expires": formats.unix(intent.result_expires_at),
        }

    @ordering(
        "requestCardUpdate",
        "Make the link on which a customer leaves another card",
        body=VoidInput,
        answer=CARD_UPDATE_ANSWER,
    )
    def post(self, request: Request, customer_id: str) -> Response:
        """An addition to v1. Nothing is e-mailed: pass the link on yourself."""
        return self.order(request, customer_id)


class PaymentMethodView(CustomerMethodView):
    """POST /v1/gateway/customers/{customer_id}/payment_method."""

    action = ActionKind.USE_PAYMENT_METHOD
    body = MethodInput

    def details(self, values: Nested, _customer: GatewayCustomer) -> dict[str, Any]:
        """The card."""
        return {"payment_method": values["payment_method"]}

    @ordering(
        "usePaymentMethod",
        "Pay by another card on file from now on",
        body=MethodInput,
        answer=CUSTOMER_ANSWER,
    )
    def post(self, request: Request, customer_id: str) -> Response:
        """An addition to v1. Running subscriptions are paid by it, too; nothing is charged now."""
        return self.order(request, customer_id)
