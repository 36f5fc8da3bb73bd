"""The closed list of errors a helpdesk adapter may raise; each says what the caller may do next."""

from chargedesk.kit.errors import ChargeDeskError


class HelpdeskError(ChargeDeskError):
    """Base of the closed list."""

    code = "helpdesk_error"


class IdentityError(HelpdeskError):
    """The caller is not proven: signature wrong, missing, or too old. Next: answer 403."""

    code = "helpdesk_identity_refused"


class ContextError(HelpdeskError):
    """The signature is right, but what it signs cannot be read. Next: answer 400."""

    code = "helpdesk_context_invalid"


class HelpdeskUnsupportedError(HelpdeskError):
    """Outside the declared capability. It should have been hidden: our bug."""

    code = "helpdesk_unsupported"


class HelpdeskCredentialsError(HelpdeskError):
    """The helpdesk refuses our key. Next: pause the connection, ask to reconnect."""

    code = "helpdesk_credentials"


class HelpdeskRefusedError(HelpdeskError):
    """The helpdesk said no, finally: no such ticket, closed, too long. Next: tell the agent."""

    code = "helpdesk_refused"


class HelpdeskUnavailableError(HelpdeskError):
    """No answer, a 5xx or a 429: it may have arrived. Next: retry with the same `key`."""

    code = "helpdesk_unavailable"
