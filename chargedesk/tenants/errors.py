"""What can be wrong with an account, a member, a connection or a key."""

from collections.abc import Sequence

from chargedesk.kit.errors import ChargeDeskError
from gateways.contract import Permission


class AlreadyConnectedError(ChargeDeskError):
    """This gateway account is connected already, in the same mode (M10)."""

    code = "already_connected"


class ConnectionModeError(ChargeDeskError):
    """A live key where test belongs, or the other way round."""

    code = "wrong_mode"


class OtherAccountError(ChargeDeskError):
    """The new key opens another account than the one connected."""

    code = "other_account"


class GrantError(ChargeDeskError):
    """Keys came for an approval that is not open, or a gateway hands out none."""

    code = "grant_invalid"


class PermissionsMissingError(ChargeDeskError):
    """The key lacks rights that the connection cannot do without.

    `permissions`: every right that was tested; `missing`: the labels of those it must have.
    """

    code = "permissions_missing"

    def __init__(
        self, message: str, *, missing: Sequence[str], permissions: Sequence[Permission]
    ) -> None:
        super().__init__(message)
        self.missing = tuple(missing)
        self.permissions = tuple(permissions)


class UnsettledOrdersError(ChargeDeskError):
    """The connection has orders whose outcome is unknown; it cannot be removed (M8)."""

    code = "unsettled_orders"


class ConnectionStateError(ChargeDeskError):
    """The connection's state does not allow this."""

    code = "connection_state"


class NotFoundError(ChargeDeskError):
    """No such record in this tenant."""

    code = "not_found"


class LastOwnerError(ChargeDeskError):
    """A tenant keeps at least one owner."""

    code = "last_owner"


class AlreadyMemberError(ChargeDeskError):
    """This person is a member already."""

    code = "already_member"


class ScopeError(ChargeDeskError):
    """A scope that an API key cannot have."""

    code = "scope_invalid"


class FunctionAddressError(ChargeDeskError):
    """This address cannot carry a function; `parameter` names the function."""

    code = "function_address_invalid"
