// What is wider than its box can be scrolled with the keys, too.
function reach() {
  for (const box of document.querySelectorAll("pre, .formula, .table-wrapper, table")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
reach();
addEventListener("resize", reach);
