// A helpdesk of one's own: height and reply text go to the page that frames us, its theme comes back.
"use strict";
(() => {
  if (window.parent === window) return;
  const parentOrigin = document.body.dataset.parentOrigin || window.location.origin;
  const tell = (message) => window.parent.postMessage({ source: "chargedesk", ...message }, parentOrigin);
  let last = 0;
  Object.assign(window.chargedeskHost, {
    height(px) {
      if (px !== last) tell({ type: "height", px: (last = px) });
    },
    insertReply(text) {
      tell({ type: "insert-reply", text });
    },
  });
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.origin !== parentOrigin) return;
    const { type, value } = event.data ?? {};
    if (type === "theme" && (value === "dark" || value === "light")) {
      document.documentElement.dataset.theme = value;
    }
  });
  tell({ type: "ready" });
})();
