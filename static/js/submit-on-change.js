// A form with data-submit-on-change sends itself when a choice changes; its button is only for browsers without scripts.
for (const button of document.querySelectorAll("[data-hide-with-script]")) button.hidden = true;
document.addEventListener("change", (event) => {
  event.target.closest("form[data-submit-on-change]")?.requestSubmit();
});
