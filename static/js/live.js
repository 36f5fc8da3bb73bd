// Tells screen readers how far a polled region has come, at most every 10 s: its text stands in [data-live].
(() => {
  const PAUSE_MS = 10_000;
  const voice = document.createElement("div");
  voice.className = "visually-hidden";
  voice.setAttribute("role", "status");
  voice.setAttribute("aria-live", "polite");
  document.body.append(voice);
  let last = Date.now();
  document.addEventListener("htmx:afterSwap", () => {
    const words = document.querySelector("[data-live]")?.dataset.live;
    if (!words || words === voice.textContent || Date.now() - last < PAUSE_MS) return;
    last = Date.now();
    voice.textContent = words;
  });
})();
