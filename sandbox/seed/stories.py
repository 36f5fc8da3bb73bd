"""The customers of the demo inbox: each has one thing going on that a support agent must settle."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Story:
    """One invented person, the account they pay to, and what happened to them."""

    slug: str
    name: str
    email: str
    account: str
    locale: str
    country: str
    what: str


EU, US, BRIGHT = "acct_aurora_eu", "acct_aurora_us", "acct_brightpath"
STORIES = (
    Story(
        "double_charge",
        "Anna Rossi",
        "anna.rossi@example.com",
        EU,
        "it",
        "IT",
        "was charged twice for one order within two minutes",
    ),
    Story(
        "open_dispute",
        "Jonas Weber",
        "jonas.weber@example.org",
        EU,
        "de",
        "DE",
        "opened a dispute as fraudulent; the answer is due in a few days",
    ),
    Story(
        "yen",
        "Mei Tanaka",
        "mei.tanaka@example.net",
        EU,
        "ja",
        "JP",
        "paid in yen, a currency without decimals",
    ),
    Story(
        "dinar",
        "Fatima Al-Sabah",
        "fatima.alsabah@example.com",
        EU,
        "ar",
        "KW",
        "paid in Kuwaiti dinars, a currency with three decimals",
    ),
    Story(
        "failed_renewal",
        "Claire Dubois",
        "claire.dubois@example.org",
        EU,
        "fr",
        "FR",
        "has a subscription past due: the card had insufficient funds",
    ),
    Story(
        "trial_converted",
        "Lucas Ferreira",
        "lucas.ferreira@example.com",
        EU,
        "pt-BR",
        "BR",
        "did not expect the first payment after a trial that converted two days ago",
    ),
    Story(
        "two_accounts",
        "Emma Johnson",
        "emma.johnson@example.net",
        EU,
        "en",
        "GB",
        "pays both Aurora accounts with the same e-mail",
    ),
    Story(
        "authorized",
        "Peter Novak",
        "peter.novak@example.org",
        EU,
        "cs",
        "CZ",
        "has an authorization that was not captured yet",
    ),
    Story(
        "refunded",
        "Sofia Garcia",
        "sofia.garcia@example.com",
        EU,
        "es",
        "ES",
        "got a full refund three days ago and asks where the money is",
    ),
    Story(
        "ending_soon",
        "Oliver Smith",
        "oliver.smith@example.org",
        EU,
        "en-GB",
        "GB",
        "cancelled a yearly subscription that ends in five days",
    ),
    Story(
        "part_refunded",
        "Greta Lindqvist",
        "greta.lindqvist@example.net",
        EU,
        "sv",
        "SE",
        "got a part of an order back and asks for the rest",
    ),
    Story(
        "pending_refund",
        "Marco Bianchi",
        "marco.bianchi@example.com",
        EU,
        "it",
        "IT",
        "paid by SEPA debit; the refund is still pending",
    ),
    Story(
        "discount_ended",
        "Nadia Haddad",
        "nadia.haddad@example.org",
        EU,
        "fr",
        "FR",
        "asks why the discount of the first month is gone",
    ),
    Story(
        "krona",
        "Birna Jonsdottir",
        "birna.jonsdottir@example.net",
        EU,
        "is",
        "IS",
        "paid in Icelandic kronur, which Stripe writes with two decimals",
    ),
    Story(
        "declined",
        "Tom Becker",
        "tom.becker@example.com",
        EU,
        "de",
        "DE",
        "was declined three times and never paid",
    ),
    Story(
        "annual_surprise",
        "Ava Martin",
        "ava.martin@example.com",
        BRIGHT,
        "en",
        "US",
        "forgot that a yearly plan renews",
    ),
    Story(
        "lost_dispute",
        "Noah Wilson",
        "noah.wilson@example.org",
        US,
        "en",
        "US",
        "lost a dispute and asks to pay again",
    ),
    Story(
        "fraud_warning",
        "Ida Keller",
        "ida.keller@example.com",
        EU,
        "de",
        "DE",
        "does not know a payment; the card's bank has reported it as fraud, and nobody disputed it",
    ),
)
# These pay through one other gateway only; `account` names it.
ELSEWHERE = {
    each.account: each
    for each in (
        Story(
            "lost_parcel",
            "Carla Mendes",
            "carla.mendes@example.org",
            "paypal",
            "pt-BR",
            "BR",
            "paid with PayPal for a parcel that never came",
        ),
        Story(
            "wrong_size",
            "Yasmin Aydin",
            "yasmin.aydin@example.com",
            "braintree",
            "de",
            "DE",
            "paid by card in the app, through Braintree, and sent the boots back",
        ),
        Story(
            "broken_mug",
            "Henrik Olsen",
            "henrik.olsen@example.net",
            "woocommerce",
            "en-GB",
            "NO",
            "bought two mugs in the web shop as a guest; one arrived broken",
        ),
        Story(
            "membership",
            "David Okafor",
            "david.okafor@example.org",
            "recurly",
            "en-GB",
            "GB",
            "ends a membership that Recurly bills, and wants the last month back",
        ),
    )
}
