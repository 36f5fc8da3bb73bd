// The helpdesk's side of the panel: opens it, takes reply texts, and pretends to send.
"use strict";
(() => {
  const opening = document.querySelector("[data-open-panel]");
  const frame = document.querySelector("iframe[name=chargedesk]");
  opening?.submit();
  window.addEventListener("message", (event) => {
    if (event.source !== frame?.contentWindow || event.origin !== window.location.origin) return;
    if (event.data?.source !== "chargedesk" || event.data.type !== "insert-reply") return;
    const reply = document.getElementById("reply");
    reply.value = (reply.value ? reply.value.trimEnd() + "\n\n" : "") + event.data.text;
    reply.focus();
  });
  document.querySelector("[data-reply]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    event.target.querySelector("[data-sent]").textContent = "Not sent: this is a simulator.";
  });
})();
