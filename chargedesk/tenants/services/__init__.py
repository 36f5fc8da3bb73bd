"""Writes tenants, members, limits, connections and keys; each function is one use case, audited."""

from chargedesk.tenants.services.api_keys import (
    create_api_key,
    find_api_key,
    note_api_key_use,
    revoke_api_key,
)
from chargedesk.tenants.services.connecting import (
    check_gateway,
    connect_gateway,
    rotate_credentials,
)
from chargedesk.tenants.services.connections import (
    mark_credentials_failed,
    pause_connection,
    remove_connection,
    rename_connection,
    resume_connection,
)
from chargedesk.tenants.services.functions import (
    function_names,
    roll_function_secret,
    set_functions,
    try_function,
)
from chargedesk.tenants.services.key_ring import reseal_tenant
from chargedesk.tenants.services.limits import set_role_limit
from chargedesk.tenants.services.members import (
    add_member,
    change_role,
    create_tenant,
    remove_member,
)
from chargedesk.tenants.services.webhook_endpoints import (
    add_webhook_secret,
    forget_old_webhook_secrets,
    register_webhook,
    roll_webhook_secret,
)

__all__ = [
    "add_member",
    "add_webhook_secret",
    "change_role",
    "check_gateway",
    "connect_gateway",
    "create_api_key",
    "create_tenant",
    "find_api_key",
    "forget_old_webhook_secrets",
    "function_names",
    "mark_credentials_failed",
    "note_api_key_use",
    "pause_connection",
    "register_webhook",
    "remove_connection",
    "remove_member",
    "rename_connection",
    "reseal_tenant",
    "resume_connection",
    "revoke_api_key",
    "roll_function_secret",
    "roll_webhook_secret",
    "rotate_credentials",
    "set_functions",
    "set_role_limit",
    "try_function",
]
