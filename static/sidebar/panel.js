// The panel's shell: keeps the bearer, lends it to htmx, and handles dialog, copy and hand-over to the helpdesk.
"use strict";
(() => {
  const body = document.body;
  const dialog = document.getElementById("dialog");
  const card = document.getElementById("card");
  const results = document.getElementById("results");
  // A helpdesk's adapter file fills these in; alone in a tab they do nothing.
  const host = (window.chargedeskHost = { height() {}, insertReply: null });
  let bearer = "";
  let renewAt = 0;
  let renewing = null;
  let opener = null;
  let ended = false;
  let cardUrl = body.dataset.cardUrl;

  async function ask(url, headers, form) {
    const answer = await fetch(url, { method: "POST", headers, body: form, credentials: "omit" });
    if (!answer.ok) throw new Error(String(answer.status));
    const session = await answer.json();
    bearer = session.bearer;
    renewAt = Date.now() + session.renew_in_s * 1000;
    if (session.language) document.documentElement.lang = session.language;
  }

  function start() {
    const form = new URLSearchParams({ bootstrap: body.dataset.bootstrap });
    delete body.dataset.bootstrap;
    return ask(body.dataset.sessionUrl, {}, form).then(() => loadCard(), end);
  }

  // Draws the card again; the server answers 204 if it is the one on screen.
  function loadCard({ seen = "" } = {}) {
    const url = seen ? cardUrl + (cardUrl.includes("?") ? "&" : "?") + "seen=" + seen : cardUrl;
    return htmx.ajax("GET", url, { target: card, source: card });
  }

  function renew() {
    renewing ??= ask(body.dataset.renewUrl, { Authorization: "Bearer " + bearer })
      .catch((error) => { if (error.message === "401") end(); })
      .finally(() => { renewing = null; });
    return renewing;
  }

  function end() {
    // What was typed in an open dialog stays on screen; only new requests are impossible.
    ended = true;
    const words = document.getElementById("ended").content.cloneNode(true);
    if (dialog.open) document.getElementById("notice").replaceChildren(words);
    else card.replaceChildren(words);
    card.removeAttribute("aria-busy");
  }

  // Renewed while the panel is in use or a timer still runs; a sleeping tab renews when it wakes.
  setInterval(() => { if (bearer && !ended && Date.now() > renewAt) renew(); }, 15000);

  // Without a bearer, or with an old one, a request waits until there is one.
  body.addEventListener("htmx:confirm", (event) => {
    if (ended || !bearer || Date.now() <= renewAt) return;
    event.preventDefault();
    renew().then(() => { if (!ended) event.detail.issueRequest(true); });
  });
  body.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers.Authorization = "Bearer " + bearer;
  });
  body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) end();
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    body.addEventListener(name, (event) => {
      const isOrder = event.detail.elt.matches("form[data-order]");
      notify(document.getElementById(isOrder ? "lost-order" : "offline"));
    });
  }

  function notify(template) {
    stopAsking();
    const place = dialog.open ? dialog.querySelector("[data-trouble]") : document.getElementById("notice");
    place?.replaceChildren(template.content.cloneNode(true));
  }

  // --- What happens after a swap: focus, dialog, results ---
  body.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    if (target.id === "dialog-body" && (asking || !dialog.open) && target.firstElementChild) openDialog();
    if (target.id === "card") {
      card.removeAttribute("aria-busy");
      cardUrl = withoutSeen(event.detail.pathInfo.requestPath);
      openAgain();
    }
    if (target.id === "dialog-body") dialog.querySelector("[data-first-problem]")?.focus();
    if (target === results) afterOrder();
    tellButton();
    const focus = event.detail.requestConfig?.elt?.dataset.focus;
    if (focus) document.querySelector(focus)?.focus();
  });
  body.addEventListener("htmx:load", (event) => {
    event.detail.elt.querySelectorAll?.("[data-reply-insert]").forEach((button) => {
      button.hidden = !host.insertReply;
    });
  });
  // An order that did not fit stays in its dialog; an accepted one moves to the results.
  body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target, requestConfig } = event.detail;
    const isOrder = requestConfig.elt.matches("form[data-order]");
    const isHtml = (xhr.getResponseHeader("Content-Type") ?? "").includes("html");
    if (xhr.status >= 500 || (xhr.status >= 400 && !isHtml)) {
      // Our fault or a stranger's answer: nothing on screen is replaced by it.
      event.detail.shouldSwap = false;
      if (xhr.status !== 401 && target.id !== "card") notify(document.getElementById(isOrder ? "lost-order" : "offline"));
      return;
    }
    if (isOrder && xhr.status >= 400) {
      event.detail.target = document.getElementById("dialog-body");
      event.detail.swapOverride = "innerHTML";
    }
    document.getElementById("notice").replaceChildren();
  });

  // What another agent, the gateway or time changed shows without being asked for.
  body.addEventListener("card-stale", () => loadCard());
  setInterval(() => {
    const isQuiet = !document.hidden && !dialog.open && !card.contains(document.activeElement);
    if (bearer && !ended && isQuiet && version()) loadCard({ seen: version() });
  }, 20000);

  function version() {
    return card.querySelector("[data-version]")?.dataset.version ?? "";
  }

  function withoutSeen(url) {
    const parts = new URL(url, location.href);
    // Only the card's own address is kept: a link's answer shows the card too.
    if (!parts.pathname.endsWith("/card")) return body.dataset.cardUrl;
    parts.searchParams.delete("seen");
    return parts.pathname + parts.search;
  }

  // The button says what would happen, as the outcome tells it.
  function tellButton() {
    const outcome = document.getElementById("outcome");
    const button = document.getElementById("submit");
    if (!outcome || !button) return;
    if (outcome.dataset.button) button.textContent = outcome.dataset.button;
    // What was not read again at the gateway cannot be sent, whatever is typed.
    button.disabled = outcome.dataset.possible !== "yes" || Boolean(dialog.querySelector("[data-retry]"));
    const field = document.getElementById("field-amount");
    const problem = document.getElementById("problem-amount")?.textContent;
    if (field) field.toggleAttribute("aria-invalid", false);
    if (field && problem) field.setAttribute("aria-invalid", "true");
  }

  body.addEventListener("change", (event) => {
    if (!event.target.matches("[data-reason]")) return;
    for (const each of dialog.querySelectorAll("[data-shown-for]")) {
      each.hidden = each.dataset.shownFor !== event.target.value;
    }
  });

  // Until the outcome of what was just typed or chosen is here, the button would name the old one.
  body.addEventListener("input", (event) => {
    if (event.target.matches("[data-telling]")) document.getElementById("submit").disabled = true;
  });
  // What was typed before htmx looked at the field is asked about now.
  body.addEventListener("htmx:load", (event) => {
    const field = event.detail.elt.querySelector?.("#field-amount");
    if (field && field.value !== field.defaultValue) htmx.trigger(field, "input");
  });

  function openDialog() {
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("[data-first]")?.focus();
    dialog.scrollIntoView({ block: "nearest" });
  }

  function afterOrder() {
    if (dialog.open) dialog.close();
    results.querySelector("[data-result]")?.focus();
  }

  // --- A dialog asks the gateway first: its place after a moment, then words, and a way out ---
  let asking = null;
  let isAskedInside = false;
  let moments = [];
  body.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.detail.elt.hasAttribute("data-dialog")) return;
    asking = event.detail.elt;
    isAskedInside = dialog.open;
    moments = [setTimeout(showWaiting, 200), setTimeout(tellWaiting, 1000)];
  });
  body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt === asking) stopAsking();
  });

  function showWaiting() {
    document.getElementById("dialog-body").replaceChildren(document.getElementById("waiting").content.cloneNode(true));
    document.getElementById("dialog-title").textContent = asking.textContent;
    isAskedInside = true;
    openDialog();
  }

  function tellWaiting() {
    const words = dialog.querySelector("[data-waiting] [data-words]");
    if (words) words.textContent = words.dataset.words;
  }

  function stopAsking() {
    asking = null;
    moments.forEach(clearTimeout);
    if (dialog.querySelector("[data-waiting]")) dialog.close();
  }

  dialog.addEventListener("close", () => {
    // Browsers tell it later than they do it: the next one may be asked for already, or be there.
    if (dialog.open || (asking && !isAskedInside)) return;
    const given = asking;
    if (given) {
      stopAsking();
      htmx.trigger(given, "htmx:abort");
    }
    document.getElementById("dialog-body").replaceChildren();
    if (opener?.isConnected && !results.contains(document.activeElement)) opener.focus();
    else if (!results.contains(document.activeElement)) document.getElementById("who")?.focus();
    opener = null;
  });

  // Open charges stay open when the card is drawn again under them.
  let openIds = [];
  body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "card") return;
    openIds = [...card.querySelectorAll("details[open][id]")].map((each) => each.id);
  });
  function openAgain() {
    for (const id of openIds) document.getElementById(id)?.setAttribute("open", "");
    openIds = [];
  }

  // --- Clicks ---
  body.addEventListener("click", (event) => {
    const button = event.target.closest("button, a");
    if (!button) return;
    if (button.hasAttribute("data-dialog")) opener = button;
    if (button.hasAttribute("data-close")) dialog.close();
    if (button.hasAttribute("data-retry")) askAgain();
    if (button.hasAttribute("data-reload")) loadCard();
    if (button.hasAttribute("data-dismiss")) button.closest("[data-result]")?.remove();
    if (button.dataset.copy) copy(button, button.dataset.copy);
    if (button.dataset.copyFrom) copy(button, document.getElementById(button.dataset.copyFrom).value);
    if (button.dataset.replyInsert && host.insertReply) {
      host.insertReply(document.getElementById(button.dataset.replyInsert).value);
      say(button);
    }
  });

  // A dialog of its own, as if it had been closed and opened.
  function askAgain() {
    const again = opener;
    dialog.addEventListener("close", () => again?.click(), { once: true });
    dialog.close();
  }

  async function copy(button, text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // A frame without clipboard permission still has the old way.
      const area = document.createElement("textarea");
      area.value = text;
      (dialog.open ? dialog : body).append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    say(button);
  }

  function say(button) {
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
    const words = button.dataset.done || button.closest("[data-copied]")?.dataset.copied || body.dataset.copied;
    const notice = document.getElementById("notice");
    if (words) notice.textContent = words;
    setTimeout(() => { if (notice.textContent === words) notice.textContent = ""; }, 2500);
  }

  // Enter in a field never moves money: only the button does.
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });

  // --- Waiting: nothing at first, then the skeleton, then words ---
  setTimeout(() => card.querySelector(".skeleton")?.classList.add("shown"), 200);
  setTimeout(() => card.querySelector(".slow")?.removeAttribute("hidden"), 10000);

  new ResizeObserver(() => host.height(document.documentElement.scrollHeight)).observe(body);
  start();
})();
