"""R4: amounts are read strictly in the agent's language; what reads two ways is asked again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargedesk.kit.money import Money
from chargedesk.sidebar.amounts import AmountUnclearError, parse_amount
from chargedesk.sidebar.formats import number_text

LANGUAGES = ("en", "it", "pt-br", "es", "fr", "de")


@pytest.mark.parametrize(
    ("text", "code", "language", "minor"),
    [
        ("20.00", "EUR", "en", 2000),
        ("20", "EUR", "en", 2000),
        ("20.5", "EUR", "en", 2050),
        ("1,234.50", "EUR", "en", 123450),
        ("1234.5", "EUR", "en", 123450),
        ("1.234,50", "EUR", "it", 123450),
        ("20,00", "EUR", "it", 2000),
        (" 20,00 ", "EUR", "de", 2000),
        ("1 234,50", "EUR", "fr", 123450),
        ("1\u202f234,50", "EUR", "fr", 123450),
        ("1,234", "JPY", "en", 1234),
        ("500", "JPY", "it", 500),
        ("1.5", "KWD", "en", 1500),
    ],
)
def test_clear_amounts_are_read(text: str, code: str, language: str, minor: int) -> None:
    """What reads one way only."""
    assert parse_amount(text, code=code, language=language) == Money.of(minor, code)


@pytest.mark.parametrize(
    ("text", "code", "language"),
    [
        ("1,234", "EUR", "en"),
        ("1.234", "EUR", "en"),
        ("1.234", "EUR", "it"),
        ("1,234", "EUR", "it"),
        ("1.234,5", "EUR", "en"),
        ("1,234.5", "EUR", "it"),
        ("1.234", "KWD", "en"),
        ("20,00", "EUR", "en"),
        ("20.00", "EUR", "it"),
        ("1e3", "EUR", "en"),
        ("0", "EUR", "en"),
        ("0.00", "EUR", "en"),
        ("-1", "EUR", "en"),
        ("\u22121", "EUR", "en"),
        ("10.001", "EUR", "en"),
        ("1.5", "JPY", "en"),
        ("", "EUR", "en"),
        ("EUR 5", "EUR", "en"),
        ("٢٠", "EUR", "en"),
        ("12,34,56", "EUR", "en"),
        ("9" * 30, "EUR", "en"),
        ("9" * 20, "EUR", "en"),
    ],
)
def test_unclear_amounts_are_asked_again(text: str, code: str, language: str) -> None:
    """Two readings, no reading, or not more than zero."""
    with pytest.raises(AmountUnclearError):
        parse_amount(text, code=code, language=language)


@given(
    st.integers(1, 10**11),
    st.sampled_from(["EUR", "JPY", "KWD"]),
    st.sampled_from(LANGUAGES),
)
def test_what_we_write_we_can_read(minor: int, code: str, language: str) -> None:
    """The amount a dialog proposes is accepted as it stands."""
    amount = Money.of(minor, code)
    text = number_text(amount, language)
    try:
        assert parse_amount(text, code=code, language=language) == amount
    except AmountUnclearError:
        # Kuwaiti "1.234" may be one dinar or a thousand: that one is asked about on purpose.
        assert code == "KWD"
