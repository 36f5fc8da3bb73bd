"""The work list of orders: what waits for a second person, and what the gateway never answered."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chargedesk.actions import approvals
from chargedesk.actions.errors import NoSuchObjectError
from chargedesk.base import scoping
from chargedesk.dashboard.access import DeskRequest, member_required, tenant_view
from chargedesk.dashboard.forms.orders import AnswerForm, ProposalForm
from chargedesk.dashboard.order_page import OrderView, order_view, requester, waiting_orders
from chargedesk.dashboard.views.deeds import attempt
from chargedesk.tenants.roles import Right


@require_safe
@tenant_view(Right.APPROVE)
def orders(request: DeskRequest) -> HttpResponse:
    """Everything that waits for a person, oldest first."""
    return render(request, "dashboard/orders.html", {"orders": waiting_orders(request.desk)})


@require_http_methods(["GET", "POST"])
@member_required(Right.APPROVE)
def order(request: DeskRequest, intent_id: UUID) -> HttpResponse:
    """One order; POST answers it, proposes what became of it, or confirms that."""
    shown = _order_or_404(request, intent_id)
    answer = AnswerForm(request.POST if "answer" in request.POST else None)
    proposal = ProposalForm(request.POST if "propose" in request.POST else None)
    if answer.is_valid():
        _answer(request, intent_id, answer)
        return redirect("dashboard:orders")
    if proposal.is_valid():
        _propose(request, intent_id, proposal)
        return redirect("dashboard:order", intent_id)
    if "confirm" in request.POST:
        _confirm(request, intent_id)
        return redirect("dashboard:orders")
    context = {"order": shown, "answer": answer, "proposal": proposal}
    is_refused = bool(answer.errors or proposal.errors)
    return render(request, "dashboard/order.html", context, status=400 if is_refused else 200)


def _order_or_404(request: DeskRequest, intent_id: UUID) -> OrderView:
    try:
        with scoping.tenant(request.desk.tenant.id):
            return order_view(intent_id, request.desk)
    except NoSuchObjectError as error:
        raise Http404 from error


def _answer(request: DeskRequest, intent_id: UUID, form: AnswerForm) -> None:
    tenant_id, approver = request.desk.tenant.id, requester(request.desk)
    note = form.cleaned_data["note"]
    if form.cleaned_data["answer"] == "approve":
        attempt(
            request,
            lambda: approvals.approve(tenant_id, intent_id, approver=approver, note=note),
            done=_("Your answer is recorded."),
        )
    else:
        attempt(
            request,
            lambda: approvals.reject(tenant_id, intent_id, approver=approver, note=note),
            done=_("The order was rejected; nothing was sent."),
        )


def _propose(request: DeskRequest, intent_id: UUID, form: ProposalForm) -> None:
    values = form.cleaned_data
    attempt(
        request,
        lambda: approvals.propose_resolution(
            request.desk.tenant.id,
            intent_id,
            proposer=requester(request.desk),
            has_succeeded=values["outcome"] == "succeeded",
            provider_id=values["provider_id"],
            evidence=values["evidence"],
        ),
        done=_("Recorded. A second person must confirm it."),
    )


def _confirm(request: DeskRequest, intent_id: UUID) -> None:
    attempt(
        request,
        lambda: approvals.confirm_resolution(
            request.desk.tenant.id, intent_id, confirmer=requester(request.desk)
        ),
        done=_("The order is settled."),
    )
