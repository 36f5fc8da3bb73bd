"""The panel's short-lived proof: what the helpdesk vouched for, signed by us, for ten minutes.

It lives in a variable of the page and in the Authorization header, never in a URL or a cookie.
"""

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from uuid import UUID

from django.core import signing

from chargedesk.kit import clock
from chargedesk.kit.errors import ChargeDeskError

LIFE = timedelta(minutes=10)
BOOTSTRAP_LIFE = timedelta(minutes=2)
# However often it is renewed, after a working day the helpdesk must vouch again.
LONGEST_SESSION = timedelta(hours=12)
_BEARER_SALT = "chargedesk.sidebar.bearer"
_BOOTSTRAP_SALT = "chargedesk.sidebar.bootstrap"


class BearerError(ChargeDeskError):
    """The bearer is missing, forged or too old."""

    code = "bearer_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Who looks at whose billing, beside what ticket.

    Attributes:
        member: id of the member; empty for an agent who is none (reads only).
        started: Unix seconds at which the helpdesk vouched.
        reads_customer: the one customer an unmapped agent may see is found by these hints.
    """

    tenant: str
    connection: str
    member: str
    agent_name: str
    agent_email: str
    ticket: str
    language: str
    ticket_language: str
    email: str
    is_email_verified: bool
    name: str
    external_id: str
    started: int

    @property
    def tenant_id(self) -> UUID:
        """The tenant."""
        return UUID(self.tenant)


def seal_bootstrap(bearer: Bearer) -> str:
    """A ticket for one exchange, put into the shell page."""
    return signing.dumps(asdict(bearer), salt=_BOOTSTRAP_SALT)


def exchange(bootstrap: str) -> Bearer:
    """The bearer of a bootstrap. BearerError."""
    return _opened(bootstrap, salt=_BOOTSTRAP_SALT, life=BOOTSTRAP_LIFE)


def seal(bearer: Bearer) -> str:
    """Sign a bearer; valid for LIFE."""
    return signing.dumps(asdict(bearer), salt=_BEARER_SALT)


def opened(token: str) -> Bearer:
    """Verify a bearer. BearerError."""
    return _opened(token, salt=_BEARER_SALT, life=LIFE)


def renewed(bearer: Bearer) -> Bearer:
    """The same again, unless the helpdesk vouched too long ago. BearerError."""
    if clock.now().timestamp() - bearer.started > LONGEST_SESSION.total_seconds():
        raise BearerError("This panel has been open for a long time; load the ticket again.")
    return replace(bearer)


def _opened(token: str, *, salt: str, life: timedelta) -> Bearer:
    try:
        return Bearer(**signing.loads(token, salt=salt, max_age=life))
    except (signing.BadSignature, TypeError) as error:
        raise BearerError("This panel is no longer signed in; load the ticket again.") from error
