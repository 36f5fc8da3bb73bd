"""The audit log: filtered pages, a check of its chain, an export."""

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.export import CSV_ROWS, csv_lines
from audit.selectors import entries
from audit.sentences import sentence
from audit.verification import verify_log
from chargedesk.dashboard.access import DeskRequest, member_required, tenant_view
from chargedesk.dashboard.forms.audit import AuditFilterForm
from chargedesk.tenants.roles import Right

PAGE = 50


@require_safe
@tenant_view(Right.SEE_FINANCE)
def audit_log(request: DeskRequest) -> HttpResponse:
    """One page of entries that match, newest first."""
    form = AuditFilterForm(request.GET)
    form.is_valid()
    before = form.cleaned_data.get("before")
    page = list(entries(form.wanted, before=before)[: PAGE + 1])
    query = request.GET.copy()
    query.pop("before", None)
    return render(
        request,
        "dashboard/audit.html",
        {
            "form": form,
            "entries": [(entry, sentence(entry)) for entry in page[:PAGE]],
            "older": page[PAGE - 1].seq if len(page) > PAGE else None,
            "is_filtered": any(query.values()),
            "is_first_page": not before,
            "query": query.urlencode(),
            "csv_rows": CSV_ROWS,
            "zone": timezone.get_current_timezone_name(),
        },
    )


@require_safe
@member_required(Right.SEE_FINANCE)
def check(request: DeskRequest) -> HttpResponse:
    """Check the whole chain now and tell."""
    template = "partials/audit_check.html" if request.htmx else "audit_check.html"
    verdict = verify_log(request.desk.tenant.id)
    return render(request, f"dashboard/{template}", {"verdict": verdict})


@require_safe
@member_required(Right.SEE_FINANCE)
def export(request: DeskRequest) -> StreamingHttpResponse:
    """Send what matches as CSV."""
    form = AuditFilterForm(request.GET)
    form.is_valid()
    name = f"audit-{request.desk.tenant.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        csv_lines(request.desk.tenant.id, form.wanted),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
