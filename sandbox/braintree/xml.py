"""Braintree's XML: typed elements with dashes in their names, arrays with named items."""

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from sandbox.wire import Json

# What the items of an array are called, where it is not "item".
ITEMS = {
    "credit_cards": "credit-card",
    "paypal_accounts": "paypal-account",
    "addresses": "address",
    "disputes": "dispute",
    "evidence": "evidence",
    "errors": "error",
    "plans": "plan",
    "discounts": "discount",
    "add_ons": "add-on",
    "subscriptions": "subscription",
    "transactions": "transaction",
    "merchant_accounts": "merchant-account",
}
# The histories of the three kinds name their items differently.
HISTORY = {"dispute": "status-history", "transaction": "status-event"}


@dataclass(frozen=True)
class Collection:
    """A page of objects: `type="collection"`, numbers first, then each object under `item`."""

    item: str
    objects: list[Json]
    numbers: Mapping[str, int]


def document(tag: str, value: object) -> bytes:
    """Render a whole answer."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{element(tag, value)}'.encode()


def element(name: str, value: object, *, inside: str = "") -> str:
    """Render one element; its type follows from the value, and for times from the name."""
    tag = name.replace("_", "-")
    if isinstance(value, Collection):
        return _collection(tag, value)
    if isinstance(value, list):
        return _array(name, tag, value, inside)
    if isinstance(value, Mapping):
        shown = (item for item in value.items() if not _is_hidden(item[0]))
        inner = "".join(element(key, each, inside=name) for key, each in shown)
        return f"<{tag}>{inner}</{tag}>"
    return _scalar(name, tag, value)


def parsed(body: bytes) -> Json:
    """Read a request's XML; an empty body is an empty request."""
    if not body.strip():
        return {}
    # S314: the client is a test on this machine.
    root = ET.fromstring(body)  # noqa: S314
    return {root.tag.replace("-", "_"): _value(root)}


def _is_hidden(name: str) -> bool:
    return name == "created" or name.startswith("_")


def _array(name: str, tag: str, value: list[object], inside: str) -> str:
    item = HISTORY.get(inside, "item") if name == "status_history" else ITEMS.get(name, "item")
    inner = "".join(element(item.replace("-", "_"), each) for each in value)
    return f'<{tag} type="array">{inner}</{tag}>'


def _collection(tag: str, value: Collection) -> str:
    numbers = "".join(element(name, each) for name, each in value.numbers.items())
    inner = "".join(element(value.item, each) for each in value.objects)
    return f'<{tag} type="collection">{numbers}{inner}</{tag}>'


def _scalar(name: str, tag: str, value: object) -> str:
    if value is None:
        return f'<{tag} nil="true"/>'
    if isinstance(value, bool):
        return f'<{tag} type="boolean">{str(value).lower()}</{tag}>'
    if isinstance(value, int):
        return f'<{tag} type="integer">{value}</{tag}>'
    text = escape(str(value))
    if name.endswith("_at") or name == "timestamp":
        return f'<{tag} type="datetime">{text}</{tag}>'
    if name.endswith("_date"):
        return f'<{tag} type="date">{text}</{tag}>'
    return f"<{tag}>{text}</{tag}>"


def _value(node: ET.Element) -> object:
    kind = node.get("type")
    if kind == "array":
        return [_value(child) for child in node]
    if len(node):
        return {child.tag.replace("-", "_"): _value(child) for child in node}
    text = node.text or ""
    if kind == "integer":
        return int(text)
    return text == "true" if kind == "boolean" else text
