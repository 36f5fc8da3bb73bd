"""The shop's own order number of a charge, wherever it is kept: people search by it (S7)."""

from django.db.models import Func, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Left, Lower, NullIf, Right

LONGEST_NUMBER = 80
# Where shops and plug-ins write it, the most telling name first.
_NAMES = ("order_number", "order_id", "order", "invoice_id")
# Otherwise the last word of what was bought, if it has a digit: `Order #1947`, `AUR-90417`.
_LAST_WORD = r"([[:alnum:]_-]*[0-9][[:alnum:]_-]*)\s*$"


def order_number_of(metadata: str, description: str) -> Left:
    """The number in lower case, without `#`; empty if there is none.

    `metadata` and `description` name columns. PostgreSQL keeps the value, so no adapter has to.
    """
    written = (
        Func(KeyTextTransform(name, metadata), Value("#"), function="ltrim") for name in _NAMES
    )
    told = (NullIf(each, Value("")) for each in written)
    last_word = Func(Right(description, LONGEST_NUMBER), Value(_LAST_WORD), function="substring")
    return Left(Lower(Coalesce(*told, last_word, Value(""))), LONGEST_NUMBER)
