"""Forms of the order work list: approve, reject, say what became of an unknown order."""

from django import forms
from django.utils.translation import gettext_lazy as _


class AnswerForm(forms.Form):
    """A second person's answer; a rejection says why."""

    answer = forms.ChoiceField(choices=[("approve", "approve"), ("reject", "reject")])
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean_note(self) -> str:
        """Ask for words where somebody is told no."""
        note = str(self.cleaned_data["note"]).strip()
        if self.cleaned_data.get("answer") == "reject" and not note:
            raise forms.ValidationError(_("Say why, so that the person who asked can go on."))
        return note


class ProposalForm(forms.Form):
    """What somebody found out at the gateway about an unknown order."""

    outcome = forms.ChoiceField(
        label=_("What happened at the gateway?"),
        choices=[
            ("succeeded", _("It was carried out")),
            ("not_executed", _("It was not carried out")),
        ],
        widget=forms.RadioSelect,
    )
    provider_id = forms.CharField(
        label=_("The gateway's id of it"),
        max_length=255,
        required=False,
        help_text=_("Needed if it was carried out, such as re_…"),
    )
    evidence = forms.CharField(
        label=_("How do you know?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What you saw, where. A second person reads it before agreeing."),
    )
