// Wakes the explorers of a page.

import { define, ELEMENTS } from "./define.js";

for (const name of ELEMENTS) if (document.querySelector(name)) define(name);
