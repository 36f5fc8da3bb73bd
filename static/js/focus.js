// Moves the focus to what has just been said: the error summary of a refused form, or a swapped-in heading.
(() => {
  const focusIn = (root) => root.querySelector("[data-focus]")?.focus();
  focusIn(document);
  document.addEventListener("htmx:afterSwap", (event) => focusIn(event.target));
})();
