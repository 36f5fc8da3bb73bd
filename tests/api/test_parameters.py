"""PHP-style names become nested values, or are refused."""

import pytest

from api.parameters import nested
from chargedesk.base.errors import InvalidInputError


@pytest.mark.parametrize(
    ("pairs", "values"),
    [
        ([("a", "1"), ("b", "")], {"a": "1", "b": ""}),
        ([("customer[id]", "x"), ("customer[name]", "y")], {"customer": {"id": "x", "name": "y"}}),
        ([("metadata[my plan]", "pro")], {"metadata": {"my plan": "pro"}}),
        ([("tags[]", "a"), ("tags[]", "b")], {"tags": ["a", "b"]}),
        (
            [("plans[][id]", "a"), ("plans[][quantity]", "2"), ("plans[][id]", "b")],
            {"plans": [{"id": "a", "quantity": "2"}, {"id": "b"}]},
        ),
    ],
)
def test_names_become_values(pairs: list[tuple[str, str]], values: object) -> None:
    assert nested(pairs) == values


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "1"), ("a", "2")],
        [("a[b]", "1"), ("a[b]", "2")],
        [("a", "1"), ("a[b]", "2")],
        [("a[b]", "1"), ("a", "2")],
        [("a[]", "1"), ("a[b]", "2")],
        [("a[b]", "1"), ("a[]", "2")],
        [("a[b][c]", "1"), ("a[b]", "2")],
        [("a[b]", "1"), ("a[b][c]", "2")],
        [("a[", "1")],
        [("a]", "1")],
        [("[a]", "1")],
        [("a[b]c", "1")],
        [("", "1")],
        [("a[b][c][d][e][f]", "1")],
    ],
)
def test_what_contradicts_itself_is_refused_by_name(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        nested(pairs)
    assert caught.value.parameter == pairs[-1][0] or not pairs[-1][0]
