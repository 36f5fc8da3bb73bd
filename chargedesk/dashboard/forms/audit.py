"""The filter above the audit log."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.selectors import AuditFilter
from audit.verbs import Verb

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AuditFilterForm(forms.Form):
    """Everything is optional; days are the tenant's, the last one included."""

    actor = forms.CharField(label=_("Who"), required=False, max_length=160)
    verb = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=[("", _("Everything")), *((verb.value, verb.value) for verb in Verb)],
    )
    object = forms.CharField(
        label=_("To what"), required=False, max_length=200, help_text=_("An id, or kind:id.")
    )
    since = forms.DateField(label=_("From"), required=False, widget=DATE)
    until = forms.DateField(label=_("To"), required=False, widget=DATE)
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    @property
    def wanted(self) -> AuditFilter:
        """The filter; fields that were refused count as empty."""
        values = self.cleaned_data
        until = values.get("until")
        return AuditFilter(
            actor=values.get("actor", ""),
            verb=values.get("verb", ""),
            object=values.get("object", ""),
            since=_midnight(values.get("since")),
            until=_midnight(until + timedelta(days=1)) if until else None,
        )


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None
