// What is wider than its box can be scrolled with the keys, too.
function reach() {
  for (const box of document.querySelectorAll("pre, .formula, .table-wrapper, table")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
reach();
addEventListener("resize", reach);

// For readers who ask for less motion, GIFs stand still until they are played.
function freeze(image) {
  const { src } = image;
  const still = document.createElement("canvas");
  still.width = image.naturalWidth;
  still.height = image.naturalHeight;
  still.getContext("2d").drawImage(image, 0, 0);
  image.src = still.toDataURL();
  const button = document.createElement("button");
  button.textContent = "Play";
  button.addEventListener("click", () => {
    image.src = src;
    button.remove();
  });
  (image.closest("a") ?? image).after(button);
}
if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
  for (const image of document.querySelectorAll("img.animated")) image.decode().then(() => freeze(image));
}
