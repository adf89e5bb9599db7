// Formulas to HTML: reads a JSON list of [TeX, display] from its input, writes a list of HTML.

import { readFileSync } from "node:fs";
import katex from "katex";

const formulas = JSON.parse(readFileSync(0, "utf-8"));
const drawn = formulas.map(([tex, displayMode]) => katex.renderToString(tex, { displayMode }));
process.stdout.write(JSON.stringify(drawn));
