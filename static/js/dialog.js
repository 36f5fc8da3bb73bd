// <a data-dialog="#id">: opens that <dialog> instead of following the link; without scripts the link is followed.
// <button data-close> closes the dialog it is in. The browser traps the focus and gives it back.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.querySelector(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
    return;
  }
  event.target.closest("[data-close]")?.closest("dialog").close();
});
