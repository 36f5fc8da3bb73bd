"""The demo's companies, as data: who they are, what they connect, who works there."""

from collections.abc import Mapping
from dataclasses import dataclass

from chargedesk.tenants.roles import Role


@dataclass(frozen=True, slots=True)
class Account:
    """One gateway account of a company; the keys are the sandbox's own and open nothing else.

    Attributes:
        values: by settings field of the gateway.
        account: where a person signs in at the provider to paste a webhook's address; empty where
            that is done by API.
        functions: the actions that go to the company's own system; `office` is the one there that
            does them, by its name in the sandbox, and `cancels_at` the gateway where it ends
            subscriptions with a key of its own.
    """

    gateway: str
    label: str
    values: Mapping[str, str]
    account: str = ""
    functions: tuple[str, ...] = ()
    office: str = ""
    cancels_at: str = ""


def _stripe(label: str, key: str) -> Account:
    return Account("stripe", label, {"api_key": key})


def _paypal(label: str, client: str) -> Account:
    values = {"client_id": client, "client_secret": f"secret_of_{client}", "environment": "sandbox"}
    return Account("paypal", label, values)


@dataclass(frozen=True, slots=True)
class Company:
    """One demo tenant."""

    slug: str
    name: str
    time_zone: str
    accounts: tuple[Account, ...]

    def email(self, role: Role) -> str:
        """The address of the person with this role."""
        return f"{role.value}@{self.slug}.example"

    def person(self, role: Role) -> str:
        """The name of the person with this role."""
        return f"{_PEOPLE[role]} ({self.name})"


_PEOPLE = {
    Role.OWNER: "Olivia Stern",
    Role.ADMIN: "Adam Reyes",
    Role.FINANCE: "Fiona Marsh",
    Role.AGENT: "Anna Keller",
    Role.VIEWER: "Victor Lund",
}

COMPANIES = (
    Company(
        "aurora",
        "Aurora Outfitters",
        "Europe/Rome",
        (
            _stripe("Stripe Europe", "sk_test_aurora_eu"),
            _stripe("Stripe USA", "sk_test_aurora_us"),
            _paypal("PayPal Europe", "client_aurora_eu"),
            _paypal("PayPal USA", "client_aurora_us"),
            Account(
                "braintree",
                "Braintree",
                {
                    "environment": "sandbox",
                    "merchant_id": "aurora_braintree",
                    "public_key": "aurora_public",
                    "private_key": "aurora_private",
                },
                account="aurora_braintree",
            ),
            Account(
                "woocommerce",
                "Aurora web shop",
                {
                    "shop_url": "https://shop-aurora.example",
                    "consumer_key": "ck_aurora_shop",
                    "consumer_secret": "cs_aurora_shop",
                },
            ),
            Account(
                "recurly",
                "Aurora memberships",
                {"api_key": "recurlyaurora"},
                account="aurorarecurly",
                # Whoever leaves is called first: the company's own system ends memberships.
                functions=("cancel_subscription",),
                office="aurora_members",
                cancels_at="recurly",
            ),
            Account(
                "custom",
                "Aurora workshop",
                {},
                account="aurora_workshop",
                functions=("refund", "capture", "void", "cancel_subscription", "look_up"),
                office="aurora_workshop",
            ),
        ),
    ),
    Company(
        "brightpath",
        "Brightpath Learning",
        "America/New_York",
        (_stripe("Stripe", "sk_test_brightpath"),),
    ),
)
