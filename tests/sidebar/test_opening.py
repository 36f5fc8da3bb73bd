"""S10: who may open the panel, from where, for how long, and what an unknown agent can do."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge
from chargedesk.tenants.models import Member, User
from chargedesk.tenants.roles import Role
from tests.actions.shop import open_shop
from tests.conftest import Running
from tests.sidebar.desk import ORIGIN, Desk, Panel, new_agent, open_desk, post_form

EVERY_CHANGE = ("orders", "outcome", "link", "join")


def test_shell_is_framed_by_its_helpdesk_only(desk: Desk) -> None:
    """The policy of the page names the connection's origins; no cookie is set; no bearer in it."""
    form = desk.signed({"agent": {"email": new_agent(desk.shop)}})
    page = post_form(desk.embed_url, form)
    assert f"frame-ancestors {ORIGIN}" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    assert not page.cookies
    assert page.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("form", [{}, {"context": "{}", "timestamp": "1", "signature": "x"}])
def test_unsigned_openings_are_refused(desk: Desk, form: dict[str, str]) -> None:
    """Nothing is shown without the helpdesk's signature."""
    page = post_form(desk.embed_url, form)
    assert page.status_code == 403
    assert "data-bootstrap" not in page.content.decode()


def test_a_secret_opens_its_own_tenant_only(desk: Desk, sandbox: Running) -> None:
    """Another connection's signature, another helpdesk's name, an unknown id."""
    other = open_desk(open_shop(sandbox.url))
    form = desk.signed({"agent": {"email": "x@y.example"}}, secret="another-secret-entirely")  # noqa: S106
    assert post_form(other.embed_url, form).status_code == 403
    assert post_form(desk.embed_url.replace("generic", "zendesk"), form).status_code == 404
    unknown = desk.embed_url.replace(str(desk.connection.id), str(desk.shop.tenant.id))
    assert post_form(unknown, form).status_code == 404


@pytest.mark.parametrize("token", ["", "garbage", "a:b:c"])
def test_a_forged_bearer_opens_nothing(desk: Desk, token: str) -> None:
    """401, and a bootstrap is no bearer."""
    assert Panel(token).get("card").status == 401
    assert post_form("/api/sidebar/session", {"bootstrap": token}).status_code == 401


def test_a_bearer_lives_ten_minutes_and_is_renewed(panel: Panel) -> None:
    """Older ones are refused; renewing gives a new one."""
    with time_machine.travel(clock.now() + timedelta(minutes=9)):
        renewed = panel.client.post(
            "/api/sidebar/renew", headers={"authorization": f"Bearer {panel.bearer}"}
        ).json()["bearer"]
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert panel.get("card").status == 401
        assert Panel(renewed).get("card").status == 200


def test_a_session_ends_after_a_working_day(panel: Panel) -> None:
    """Renewed again and again, twelve hours later the helpdesk must vouch anew."""
    bearer, start = panel.bearer, clock.now()
    for minutes in range(9, 13 * 60, 9):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            answer = panel.client.post(
                "/api/sidebar/renew", headers={"authorization": f"Bearer {bearer}"}
            )
        if answer.status_code == 401:
            assert minutes >= 12 * 60
            return
        bearer = answer.json()["bearer"]
    pytest.fail("it never ended")


def test_an_unmapped_agent_reads_only_and_is_told_why(desk: Desk, charge: Charge) -> None:
    """No member has the address: the card says so, offers nothing, and every change is refused."""
    stranger = desk.open("stranger@elsewhere.example", desk.customer())
    card = stranger.get("card")
    assert "stranger@elsewhere.example" in card.text
    assert "data-deed" not in card.text
    for path in EVERY_CHANGE:
        assert stranger.post(path, action="refund", object=str(charge.id)).status == 403
    assert stranger.get("dialog", action="refund", object=str(charge.id)).status == 403


def test_an_unverified_address_maps_to_nobody(desk: Desk) -> None:
    """A member who never proved the address cannot be impersonated through the helpdesk."""
    email = new_agent(desk.shop)
    user = User.objects.get(email=email)
    EmailAddress.objects.filter(user=user).update(verified=False)
    assert "data-deed" not in desk.open(email, desk.customer()).get("card").text


def test_a_viewer_sees_and_moves_nothing(desk: Desk, charge: Charge) -> None:
    """The role decides, whatever the page offers."""
    viewer = desk.open(new_agent(desk.shop, Role.VIEWER), desk.customer())
    assert "data-deed" not in viewer.get("card").text
    assert viewer.get("dialog", action="refund", object=str(charge.id)).status == 403


def test_leaving_the_company_ends_the_rights_at_once(desk: Desk, charge: Charge) -> None:
    """A bearer still alive is worth what the member is worth now."""
    email = new_agent(desk.shop)
    panel = desk.open(email, desk.customer())
    with scoping.tenant(desk.shop.tenant.id):
        Member.objects.filter(user__email=email).update(is_active=False)
    assert panel.get("dialog", action="refund", object=str(charge.id)).status == 403


def test_another_tenants_objects_do_not_exist(desk: Desk, panel: Panel, sandbox: Running) -> None:
    """A foreign id is answered exactly like an unknown one."""
    other = open_desk(open_shop(sandbox.url))
    with scoping.tenant(other.shop.tenant.id):
        foreign = Charge.objects.first()
    assert foreign
    unknown = str(desk.connection.id)
    for path in ("charges/{}", "charges/{}/why", "orders/{}"):
        answers = [panel.get(path.format(each)) for each in (foreign.id, unknown)]
        assert [answer.status for answer in answers] == [404, 404]
    for each in (str(foreign.id), unknown, "garbage"):
        assert panel.get("dialog", action="refund", object=each).status == 404
