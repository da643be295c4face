// Load a file of the panels' front end as a module. It has no build step, so its text is its module.
import { readFileSync } from "node:fs";

const FRONT = new URL("../../labkit/panels/front/", import.meta.url);

export const load = async (name) => {
  const text = readFileSync(new URL(`${name}.js`, FRONT), "utf8");
  return (await import(`data:text/javascript,${encodeURIComponent(text)}`)).default;
};
