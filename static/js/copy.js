// <button data-copy="#id" data-copied="Copied">: copies the text of that element and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const label = button.querySelector("[data-copy-label]") ?? button;
  const words = label.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    label.textContent = button.dataset.copied;
    setTimeout(() => (label.textContent = words), 2000);
  } catch {
    // No right to the clipboard: select the text, so that one key press copies it.
    getSelection().selectAllChildren(source);
  }
});
