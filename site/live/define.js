// The explorers' elements; the script of each is fetched where it is wanted.

const SCRIPTS = {
  "cgan-digit": async () => (await import("./digit.js")).DigitExplorer,
  "cgan-mixture": async () => (await import("./mixture.js")).MixtureExplorer,
  "cgan-walk": async () => (await import("./walk.js")).WalkExplorer,
  "cgan-strip": async () => (await import("./strip.js")).StripExplorer,
  "cgan-scores": async () => (await import("./scores.js")).ScoresExplorer,
  "cgan-attributes": async () => (await import("./attributes.js")).AttributesExplorer,
  "cgan-game": async () => (await import("./game.js")).GameBoard,
  "cgan-train": async () => (await import("./train.js")).Training,
};
const defined = {};

export const ELEMENTS = Object.keys(SCRIPTS);

/** Makes an explorer's element work. */
export function define(name) {
  defined[name] ??= SCRIPTS[name]().then((explorer) => customElements.define(name, explorer));
  return defined[name];
}
