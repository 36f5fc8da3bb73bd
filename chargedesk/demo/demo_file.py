"""`$DATA_DIR/demo.json`: everything a script needs to use the demo, put in place at once."""

import json
from pathlib import Path

from django.conf import settings

from chargedesk.base import scoping
from chargedesk.demo.inbox import HELPDESK
from chargedesk.demo.loading import Loaded
from chargedesk.demo.secrets_file import KeptSecrets
from chargedesk.demo.tickets import tickets_of
from chargedesk.ledger.models import Identifier
from chargedesk.runtime.demo_file import demo_path
from chargedesk.runtime.processes import write_atomically
from chargedesk.tenants.credentials import webhook_secrets
from chargedesk.tenants.models import Connection
from chargedesk.tenants.roles import Role
from chargedesk.tenants.selectors import webhook_url


def forget() -> None:
    """Remove the file: what it says may not be true yet."""
    demo_path(settings.DATA_DIR).unlink(missing_ok=True)


def publish(loaded: list[Loaded], kept: KeptSecrets) -> Path:
    """Write the file, mode 0600, in one step."""
    plain = {
        "base_url": settings.BASE_URL,
        "sandbox_url": settings.SANDBOX_URL,
        "inbox_url": f"{settings.BASE_URL}/demo/inbox/",
        "mail_dir": str(getattr(settings, "EMAIL_FILE_PATH", "") or ""),
        "tenants": [_tenant(each, kept) for each in loaded],
    }
    path = demo_path(settings.DATA_DIR)
    write_atomically(path, json.dumps(plain, indent=1, ensure_ascii=False), mode=0o600)
    return path


def _tenant(loaded: Loaded, kept: KeptSecrets) -> dict[str, object]:
    company = loaded.company
    with scoping.tenant(loaded.tenant.id):
        return {
            "slug": company.slug,
            "name": company.name,
            "api_key": kept.get(f"api_key:{company.slug}"),
            "users": {
                role.value: {
                    "email": company.email(role),
                    "password": kept.get(f"password:{company.email(role)}"),
                }
                for role in Role
            },
            "connections": [_connection(each) for each in loaded.connections],
            "helpdesks": [_helpdesk(loaded, kept)],
            "sample_customers": _known_customers(company.slug),
        }


def _connection(connection: Connection) -> dict[str, str]:
    return {
        "id": str(connection.id),
        "gateway": connection.provider,
        "label": connection.label,
        "webhook_url": webhook_url(connection),
        "webhook_secret": next(iter(webhook_secrets(connection)), ""),
    }


def _helpdesk(loaded: Loaded, kept: KeptSecrets) -> dict[str, str]:
    slug = loaded.company.slug
    return {
        "id": str(loaded.helpdesk.id),
        "kind": HELPDESK,
        "embed_url": f"{settings.BASE_URL}/embed/{HELPDESK}/{loaded.helpdesk.id}/",
        "secret": kept.get(f"helpdesk:{slug}:a") + kept.get(f"helpdesk:{slug}:b"),
    }


def _known_customers(slug: str) -> list[str]:
    """The senders of the inbox whom a gateway knows, in the inbox's order."""
    emails = [ticket.email for ticket in tickets_of(slug)]
    known = set(
        Identifier.objects.filter(kind="email", value__in=emails).values_list("value", flat=True)
    )
    return [email for email in dict.fromkeys(emails) if email in known]
