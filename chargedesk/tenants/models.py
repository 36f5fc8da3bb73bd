"""Users, tenants, members with roles and limits, connections, API keys."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from chargedesk.base.fields import CurrencyField, MinorField
from chargedesk.base.models import TenantOwned
from chargedesk.kit import ids
from chargedesk.tenants.roles import Right, Role, has_right


class UserManager(BaseUserManager["User"]):
    """Makes users known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user; without a password the account cannot sign in until one is set."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in, by e-mail; belongs to no tenant by itself."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name to show."""
        return str(self)


class Tenant(models.Model):
    """A company that uses the product."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("company name"), max_length=120)
    time_zone = models.CharField(max_length=60, default="UTC")
    language = models.CharField(max_length=10, default="en")
    is_demo = models.BooleanField(default=False)
    groups_by_email = models.BooleanField(
        default=True,
        help_text=_("Gateway customers with the same e-mail address are shown as one person."),
    )
    undo_seconds = models.PositiveSmallIntegerField(
        default=10, help_text=_("How long an agent can take back an order before it is sent.")
    )
    money_paused_reason = models.CharField(
        max_length=200,
        blank=True,
        help_text=_("While set, no order is sent: after a restore, until reconciled."),
    )
    money_paused_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Member(TenantOwned):
    """A user's place in a tenant."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="member_once_per_tenant")
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    def may(self, right: Right) -> bool:
        """Whether this member may do `right`."""
        return self.is_active and has_right(self.role, right)


class RoleLimit(TenantOwned):
    """How much money a role may move alone, per currency; an empty figure is no limit.

    A role with limits in some currencies moves nothing alone in the others.
    """

    role = models.CharField(max_length=10, choices=Role.choices)
    currency = CurrencyField()
    action_minor = MinorField(null=True, blank=True)
    day_minor = MinorField(null=True, blank=True)
    customer_day_minor = MinorField(null=True, blank=True)
    charge_age_days = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "role", "currency"], name="limit_once_per_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.currency}"


class ConnectionKind(models.TextChoices):
    """What a connection leads to."""

    GATEWAY = "gateway", _("Payment gateway")
    HELPDESK = "helpdesk", _("Helpdesk")


class ConnectionState(models.TextChoices):
    """Whether a connection works."""

    ACTIVE = "active", _("Connected")
    PAUSED = "paused", _("Paused")
    CREDENTIALS_FAILED = "credentials_failed", _("Key refused")
    REMOVED = "removed", _("Removed")


class Connection(TenantOwned):
    """One account of a tenant at one gateway or helpdesk.

    `credentials`, `webhook_secrets` and `function_secret` are sealed (`tenants.credentials`);
    `account_id` is the provider's. `functions`: by action, the address of the tenant's own system
    that carries it out (`gateways.routing`). `failure_told_at`: when its people were mailed that
    the key is refused. `webhook_checked_at`, `webhook_mended_at`: when its webhooks were last
    looked after, and last had to be switched on or made again; `webhook_problem`: why that failed.
    """

    kind = models.CharField(max_length=10, choices=ConnectionKind.choices)
    provider = models.CharField(max_length=40)
    label = models.CharField(max_length=80)
    account_id = models.CharField(max_length=120)
    is_live = models.BooleanField(default=False)
    state = models.CharField(
        max_length=20, choices=ConnectionState.choices, default=ConnectionState.ACTIVE
    )
    state_reason = models.CharField(max_length=300, blank=True)
    credentials = models.BinaryField()
    credentials_hint = models.CharField(max_length=20, blank=True)
    api_base = models.CharField(max_length=200, blank=True)
    permissions = models.JSONField(default=list)
    webhook_id = models.CharField(max_length=120, blank=True)
    webhook_secrets = models.BinaryField(null=True)
    webhook_checked_at = models.DateTimeField(null=True)
    webhook_mended_at = models.DateTimeField(null=True)
    webhook_problem = models.CharField(max_length=300, blank=True, default="", db_default="")
    functions = models.JSONField(default=dict)
    function_secret = models.BinaryField(null=True)
    failure_told_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)
    last_read_at = models.DateTimeField(null=True)
    signature_failures = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # M10: a gateway account is connected once per tenant and mode.
            models.UniqueConstraint(
                fields=["tenant", "provider", "account_id", "is_live"],
                condition=~models.Q(state=ConnectionState.REMOVED),
                name="account_connected_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.provider})"


class ApiKey(TenantOwned):
    """A secret key of the `/v1` API; only its hash is stored.

    `scopes`: `read`, `write` (stored records), `money` (gateway methods). `role` decides limits;
    `is_unlimited` lifts limits, approval and undo delay.
    """

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20))
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.AGENT)
    is_unlimited = models.BooleanField(default=False)
    requests_per_minute = models.PositiveIntegerField(default=120)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant"], name="apikey_tenant")]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"
