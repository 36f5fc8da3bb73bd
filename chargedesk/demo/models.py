"""What the simulated helpdesk remembers: the internal notes it was given."""

from django.db import models

from chargedesk.base.models import TenantOwned


class DemoNote(TenantOwned):
    """An internal note on a demo ticket. `key` makes a repeated delivery harmless."""

    ticket = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    text = models.TextField()
    author = models.CharField(max_length=160, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="demo_note_once")]
        indexes = [models.Index(fields=["tenant", "ticket"], name="demo_note_ticket")]

    def __str__(self) -> str:
        return f"{self.ticket} {self.key}"
