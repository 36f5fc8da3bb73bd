"""The demo's companies, as data: who they are, what they connect, who works there."""

from dataclasses import dataclass

from chargedesk.tenants.roles import Role


@dataclass(frozen=True, slots=True)
class Account:
    """One gateway account of a company; the key is the sandbox's own and opens nothing else."""

    label: str
    key: str


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
            Account("Stripe Europe", "sk_test_aurora_eu"),
            Account("Stripe USA", "sk_test_aurora_us"),
        ),
    ),
    Company(
        "brightpath",
        "Brightpath Learning",
        "America/New_York",
        (Account("Stripe", "sk_test_brightpath"),),
    ),
)
