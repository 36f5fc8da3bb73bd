"""Draws what every gateway can do as tables, from the declarations: the page in docs/reference.

Rows come from the fields of the dataclasses, so a new action, limit or flag shows by itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta

from chargedesk.kit.money import currency_codes
from gateways.capabilities import NIGHTLY, ActionKind, Capabilities, CurrencyRules, Proof
from gateways.contract import GatewayAdapter
from gateways.snapshots import ObjectKind

NO = "no"
_HEAD = """# {title}

Made by `make capabilities` from the declarations in `gateways/*/__init__.py`; do not edit.
`make check` compares. The panel offers what is listed here and says why when it does not.
"""
# How a limit reads, by its name, where it holds and where it does not. Any other is named.
_LIMITS = {
    "is_partial": ("in part", "whole only"),
    "is_repeatable": ("several times", "once"),
    "now": ("at once", "not at once"),
    "at_period_end": ("with the paid period", "not with the paid period"),
    "has_quantity": ("with a quantity", "without a quantity"),
    "has_trial": ("with a trial", "without a trial"),
    "has_coupon": ("with a coupon", "without a coupon"),
    "previews": ("told before", "not told before"),
}
_PRORATIONS = {"next_invoice": "later", "now": "at once", "none": "not at all"}
_FLAGS = {
    "registers_webhooks": "makes its webhook endpoint by itself",
    "polls_events": "is asked for news as well",
    "dates_webhooks": "signs the time of a webhook",
    "completes_calls": "is asked for a part of some calls before the first try",
    "has_test_mode": "has a test mode",
    "several_accounts": "several accounts in one company",
}
_ELSEWHERE = {
    *("reads", "reads_by_id", "nightly_lists", "nightly_reads", "currency"),
    *(kind.value for kind in ActionKind),
}


def matrix(adapters: Iterable[GatewayAdapter], *, title: str = "What each gateway can do") -> str:
    """The page as Markdown, one column per gateway."""
    chosen = list(adapters)
    labels = [each.label for each in chosen]
    declared = [each.capabilities for each in chosen]
    actions = [kind.value for kind in ActionKind]
    kinds = [kind.value for kind in ObjectKind]
    flags = [each.name for each in fields(declared[0]) if each.name not in _ELSEWHERE]
    parts = (
        ("Actions, with their limits", _rows(actions, _action, declared)),
        (
            "How an order without an answer is settled",
            _rows(actions, _proof, declared, keep_empty=False),
        ),
        ("Currencies", _rows(["steps", "unsupported"], _currency, declared)),
        ("What is read", _rows(kinds, _reading, declared)),
        ("What the nightly check reads", _rows(kinds, _nightly, declared, keep_empty=False)),
        ("News and accounts", _rows(flags, _flag, declared)),
    )
    tables = (f"## {title}\n\n{_table(labels, rows)}" for title, rows in parts)
    return "\n".join((_HEAD.format(title=title), *tables))


Cell = Callable[[Capabilities, str], str]


def _rows(
    names: Sequence[str], cell: Cell, declared: Sequence[Capabilities], *, keep_empty: bool = True
) -> list[list[str]]:
    rows = [[_plain(name), *(cell(each, name) for each in declared)] for name in names]
    return [row for row in rows if keep_empty or set(row[1:]) != {NO}]


def _table(labels: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [["", *labels], ["---"] * (len(labels) + 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _plain(name: str) -> str:
    return _FLAGS.get(name, name.replace("_", " "))


def _action(capabilities: Capabilities, name: str) -> str:
    offered = getattr(capabilities, name, None)
    if offered is None:
        return NO
    limits = [_limit(each.name, getattr(offered, each.name)) for each in fields(offered)]
    return ", ".join(filter(None, limits)) or "yes"


def _limit(name: str, value: object) -> str:
    if isinstance(value, Proof) or value is None:
        return ""
    if isinstance(value, bool):
        holds, fails = _LIMITS.get(name, (_plain(name), f"no {_plain(name)}"))
        return holds if value else fails
    if isinstance(value, timedelta):
        return f"{_plain(name)} {_life(value)}"
    if isinstance(value, Mapping):
        # Our code to the provider's word: empty where it has none of its own.
        words = dict.fromkeys(f"`{word}`" for word in value.values() if word)
        return f"{_plain(name)} told as {', '.join(words)}" if words else ""
    if isinstance(value, tuple | frozenset):
        return _several(name, value)
    return f"{_plain(name)} {value}"


def _several(name: str, values: tuple[str, ...] | frozenset[str]) -> str:
    if name == "prorations":
        return f"difference billed {', '.join(_PRORATIONS[each] for each in values)}"
    return f"{len(values)} {_plain(name)}" if values else f"no {_plain(name)}"


def _proof(capabilities: Capabilities, name: str) -> str:
    offered = getattr(capabilities, name, None)
    if offered is None:
        return NO
    proof = offered.proof
    ways = [f"same key for {_life(proof.key_life / 2)}"] if proof.key_life else []
    if proof.looks_up:
        empty = "twice nothing proves it" if proof.empty_is_proof else "nothing proves nothing"
        ways.append(f"look-up, {empty}")
    return "; ".join(ways) or "a person"


def _currency(capabilities: Capabilities, name: str) -> str:
    rules: CurrencyRules = capabilities.currency
    if name == "steps":
        return ", ".join(f"{code} {step}" for code, step in sorted(rules.steps.items())) or NO
    left = sorted(currency_codes() - rules.unsupported)
    if len(left) < len(rules.unsupported):
        return f"all but {', '.join(left)}"
    return ", ".join(sorted(rules.unsupported)) or NO


def _reading(capabilities: Capabilities, name: str) -> str:
    if name in capabilities.reads:
        return "list and id"
    return "by id" if name in capabilities.reads_by_id else NO


def _nightly(capabilities: Capabilities, name: str) -> str:
    kind = ObjectKind(name)
    if kind not in capabilities.reads:
        return NO
    span = capabilities.nightly_lists.get(kind, NIGHTLY)
    listed = f"made in {_life(span)}" if span else "all"
    return f"{listed}, and all unfinished" if kind in capabilities.nightly_reads else listed


def _flag(capabilities: Capabilities, name: str) -> str:
    value = getattr(capabilities, name)
    if isinstance(value, bool):
        return "yes" if value else NO
    return str(value)


def _life(span: timedelta) -> str:
    if span >= timedelta(days=2):
        return f"{span.days} days"
    hours = span / timedelta(hours=1)
    return f"{hours:g} h" if hours >= 1 else f"{span / timedelta(minutes=1):g} min"
