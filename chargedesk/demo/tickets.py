"""The demo inbox: invented tickets, from the customers whose stories the sandbox tells.

The addresses are a copy: the product imports nothing from the sandbox.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ticket:
    """One conversation. `is_verified`: this helpdesk vouches for the sender's address."""

    id: str
    name: str
    email: str
    subject: str
    text: str
    language: str = "en"
    is_verified: bool = True


AURORA = (
    Ticket(
        "1041",
        "Anna Rossi",
        "anna.rossi@example.com",
        "Addebitata due volte",
        "Buongiorno, il mio ordine risulta addebitato due volte sulla carta, a due minuti di "
        "distanza. Potete rimborsarmi uno dei due?",
        language="it",
    ),
    Ticket(
        "1042",
        "Sofia Garcia",
        "sofia.garcia@example.com",
        "Where is my refund?",
        "You said the money was sent back three days ago. My bank shows nothing. Where is it?",
    ),
    Ticket(
        "1043",
        "Greta Lindqvist",
        "greta.lindqvist@example.net",
        "The rest of my refund",
        "Thanks for giving back a part for the first chair. The second one wobbles too, so I would "
        "like the rest back as well.",
    ),
    Ticket(
        "1044",
        "Emma Johnson",
        "emma.johnson@example.net",
        "Two shops, one me",
        "I order from your European and your American shop. Please check what I paid in total "
        "this year.",
    ),
    Ticket(
        "1045",
        "Jonas Weber",
        "jonas.weber@example.org",
        "I do not know this payment",
        "There is a payment to you on my statement that I do not recognise. My bank is on it.",
    ),
    Ticket(
        "1046",
        "Claire Dubois",
        "claire.dubois@example.org",
        "My access stopped",
        "My subscription says past due. I have a new card, what do I have to do?",
    ),
    Ticket(
        "1047",
        "Peter Novak",
        "peter.novak@example.org",
        "Please release the hold",
        "I changed my mind before you shipped. Please let the amount on my card go.",
    ),
    Ticket(
        "1048",
        "Oliver Smith",
        "oliver.smith@example.org",
        "When does it end?",
        "I cancelled my yearly plan. Until when can I use it, and will you charge me again?",
    ),
    Ticket(
        "1049",
        "Lucas Ferreira",
        "lucas.ferreira@example.com",
        "I only wanted the trial",
        "I was charged today although I only tried it. Please explain, or give it back.",
    ),
    Ticket(
        "1050",
        "Mei Tanaka",
        "mei.tanaka@example.net",
        "Charged in yen?",
        "My receipt is in yen. Is that right, and can you refund half of it?",
    ),
    Ticket(
        "1051",
        "Tom Becker",
        "tom.becker@example.com",
        "Payment does not go through",
        "I tried three times and it always fails. Did you take any money?",
        is_verified=False,
    ),
    Ticket(
        "1052",
        "Marco Bianchi",
        "marco.bianchi@example.com",
        "Rimborso SEPA",
        "Ho pagato con addebito SEPA e aspetto ancora il rimborso. A che punto è?",
        language="it",
    ),
    Ticket(
        "1053",
        "Nadia Haddad",
        "nadia.haddad@example.org",
        "More expensive this month",
        "Last month I paid less for the same plan. Why?",
    ),
    Ticket(
        "1054",
        "Sam Miller",
        "sam.miller.private@example.net",
        "Writing from another address",
        "I write from my private mailbox. My order came from another address; my card ends in "
        "4242.",
        is_verified=False,
    ),
    Ticket(
        "1055",
        "Carla Mendes",
        "carla.mendes@example.org",
        "O pacote não chegou",
        "Olá, paguei a jaqueta com o PayPal e o pacote nunca chegou. Podem devolver o dinheiro?",
        language="pt-br",
    ),
    Ticket(
        "1056",
        "Henrik Olsen",
        "henrik.olsen@example.net",
        "One of two mugs is broken",
        "I ordered two mugs in your web shop, without an account. One arrived broken, so I would "
        "like half of it back.",
    ),
    Ticket(
        "1057",
        "Yasmin Aydin",
        "yasmin.aydin@example.com",
        "Falsche Größe",
        "Die Stiefel aus der App waren zu klein, ich habe sie zurückgeschickt. Wann kommt das Geld "
        "auf meine Karte?",
        language="de",
    ),
    Ticket(
        "1058",
        "David Okafor",
        "david.okafor@example.org",
        "Please end my membership",
        "I do not use the membership any more. Please end it, and give me back the last month if "
        "you can.",
    ),
    Ticket(
        "1059",
        "Rosa Lindgren",
        "rosa.lindgren@example.com",
        "The new zip is broken again",
        "Your workshop replaced the zip of my jacket last week, and it is broken again. I would "
        "like my money back for that repair.",
    ),
    Ticket(
        "1060",
        "Ida Keller",
        "ida.keller@example.com",
        "Das war ich nicht",
        "Auf meiner Karte steht eine Zahlung für ein Objektiv, das ich nie bestellt habe. Meine "
        "Bank weiß Bescheid. Was tun Sie jetzt?",
        language="de",
    ),
)

BRIGHTPATH = (
    Ticket(
        "2001",
        "Ava Martin",
        "ava.martin@example.com",
        "I did not want another year",
        "You charged me for a whole year. I forgot that it renews. Can I have it back?",
    ),
    Ticket(
        "2002",
        "Anna Rossi",
        "anna.rossi@example.com",
        "Do you know me?",
        "I am a customer of another shop. You should not see anything about me.",
    ),
)

BY_TENANT = {"aurora": AURORA, "brightpath": BRIGHTPATH}


def tickets_of(slug: str) -> tuple[Ticket, ...]:
    """The inbox of a demo tenant; empty for any other."""
    return BY_TENANT.get(slug, ())


def find_ticket(slug: str, ticket_id: str) -> Ticket | None:
    """One ticket of a demo tenant."""
    return next((each for each in tickets_of(slug) if each.id == ticket_id), None)
