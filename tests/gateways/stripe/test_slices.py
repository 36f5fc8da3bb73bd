"""Slices: every item keeps exactly the bytes it came in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.stripe.slices import UNREADABLE, items_with_text, text_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=4)


@given(items=st.lists(OBJECTS, max_size=5), other=OBJECTS, indent=st.sampled_from([None, 2]))
def test_a_list_is_parsed_as_json_would(
    items: list[object], other: dict[str, object], indent: int | None
) -> None:
    whole = {**other, "data": items, "has_more": True}
    fields, found = items_with_text(json.dumps(whole, indent=indent))
    assert [value for value, _ in found] == items
    assert [json.loads(text) for _, text in found] == items
    assert fields == {key: value for key, value in whole.items() if key != "data"}


@given(value=VALUES, other=OBJECTS, indent=st.sampled_from([None, 2]))
def test_a_nested_value_is_found(value: object, other: object, indent: int | None) -> None:
    text = json.dumps({"a": other, "data": {"b": other, "object": value}}, indent=indent)
    assert json.loads(text_of(text, "data", "object")) == value


def test_a_missing_value_is_empty() -> None:
    assert text_of('{"a": {}}', "a", "b") == ""


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "{", '{"data": [', '{"data": [1', "null", "<html>"]
)
def test_garbage_raises_what_callers_expect(text: str) -> None:
    with pytest.raises(UNREADABLE):
        items_with_text(text)
