"""Form fields with label, hint and error tied together, and the summary above a refused form."""

from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField

register = template.Library()


@register.inclusion_tag("partials/field.html")
def field(bound: BoundField, label: str = "", hint: str | None = None, **options: Any) -> Any:
    """Draw one field. `label` and `hint` replace its own, `kind` adds the class `field-<kind>`."""
    if hint is not None:
        bound.help_text = hint
    # A placeholder vanishes when it is needed; the label and the hint stay.
    bound.field.widget.attrs.pop("placeholder", None)
    return {
        "field": bound,
        "label": label or bound.label,
        "is_check": isinstance(bound.field.widget, forms.CheckboxInput),
        "is_group": isinstance(bound.field.widget, forms.RadioSelect),
        "kind": options.get("kind", ""),
    }


@register.inclusion_tag("partials/error_summary.html")
def error_summary(form: forms.BaseForm | None) -> Any:
    """List all errors of a refused form with links to their fields (X3); nothing for a fine one."""
    if form is None:
        return {}
    return {
        "errors": [(bound, error) for bound in form for error in bound.errors],
        "general": form.non_field_errors(),
    }
