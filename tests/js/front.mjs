// Load files of the front end as labkit/panels/script.py puts them together: each a constant called like the file.
import { readFileSync } from "node:fs";

const FRONT = new URL("../../labkit/panels/front/", import.meta.url);
const wrapped = (name) => {
  const text = readFileSync(new URL(`${name}.js`, FRONT), "utf8");
  return `const ${name} = (() => {\n${text.replace(/^export default /m, "return ")}\n})();`;
};

// names: in the order in which they need each other. -> {name: what the file exports}
export const load = (...names) => new Function(`${names.map(wrapped).join("\n")}\nreturn { ${names.join(", ")} };`)();
