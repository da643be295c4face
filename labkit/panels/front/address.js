// The state of a panel in the address of its page: #rate=0.6&noise=pairflip&pin=0.4;pairflip;CDR;0. Values are those of
// the controls, marks are named by their part; on a page with several panels every name begins with the panel's, as in
// 01.rate. format and parse are pure; keep(...) is called by a page (site/front/site.js) and by no kernel.

const PIN = "pin";
const PAUSE = 200; // milliseconds: browsers allow few changes of the address in a second
const coded = (text) => encodeURIComponent(text).replace(/%20/g, "+").replace(/%2C/g, ",").replace(/%3B/g, ";");
const value = (spec, k) => String(spec.values[k]);

// names: {controls, parts, prefix}; what: {state, pins}. -> the part behind #
function format({ controls, prefix = "" }, { state, pins = [] }) {
  const pairs = controls.map((spec) => [spec.name, value(spec, state[spec.name])]);
  Object.entries(state.marks ?? {}).forEach(([part, list]) => pairs.push([part, list.join(",")]));
  pins.forEach((pin) => pairs.push([PIN, controls.map((spec) => value(spec, pin[spec.name])).join(";")]));
  return pairs.map(([name, text]) => `${coded(prefix + name)}=${coded(text)}`).join("&");
}

// The position of a value that somebody may have typed: .6, 0.6, 60 %; -1 where there is none.
function position(spec, text) {
  const plain = (word) => String(word).replace(/\s/g, "").toLowerCase();
  const isNumber = text.trim() !== "" && Number.isFinite(Number(text));
  return spec.values.findIndex((known, k) => plain(known) === plain(text) || plain(spec.words[k]) === plain(text) ||
    (isNumber && typeof known === "number" && Math.abs(known - Number(text)) < 1e-9));
}

function setting(controls, text) {
  const at = text.split(";").map((word, c) => (controls[c] ? position(controls[c], word) : -1));
  const whole = at.length === controls.length && at.every((k) => k >= 0);
  return whole ? Object.fromEntries(controls.map((spec, c) => [spec.name, at[c]])) : null;
}

// Marks that a part with `count` points can have: "5,17"; null for anything else.
function marked(text, count) {
  const list = /^\d+(,\d+)*$/.test(text) ? text.split(",").map(Number) : [];
  return list.length && list.every((k) => k < (count ?? 0)) ? list : null;
}

// What an address says of a panel. names: as of format; points: how many there are in the parts that can be marked; start:
// the state where it says nothing. -> {state, pins, wrong: what was not understood}, null where it says nothing of this panel
function parse(hash, { controls, points = {}, prefix = "" }, start) {
  if (!hash.includes("=")) return null;
  const found = { state: { ...start }, pins: [], wrong: [] };
  let mine = 0;
  new URLSearchParams(hash.replace(/^#/, "")).forEach((text, whole) => {
    if (!whole.startsWith(prefix)) return;
    mine += 1;
    const name = whole.slice(prefix.length);
    const spec = controls.find((c) => c.name === name);
    const k = spec ? position(spec, text) : -1;
    const pin = name === PIN && !spec ? setting(controls, text) : null;
    const marks = spec ? null : marked(text, points[name]);
    if (k >= 0) found.state[name] = k;
    else if (pin) found.pins.push(pin);
    else if (marks) found.state.marks = { ...found.state.marks, [name]: marks };
    else found.wrong.push(`${name}=${text}`);
  });
  return mine ? found : null;
}

function remark(wrong) {
  return wrong.length ? `The address of this page asks for ${wrong.join(" and ")}, which is not offered here: the panel begins without it.` : "";
}

// Keep a page's address and a model in step. prefix: "" for the only panel of a page. -> did somebody come by such a link?
function keep(model, prefix) {
  const [controls, start] = [model.get("controls"), model.get("state")];
  const worlds = model.get("parts").filter((part) => part.kind === "world");
  const points = Object.fromEntries(worlds.map((part) => [part.name, part.traits.points.length]));
  const names = { controls, points, prefix };
  const link = () => `#${format(names, { state: model.get("state"), pins: model.get("pins") })}`;
  const isAnchor = () => document.getElementById(decodeURIComponent(location.hash.slice(1)));
  let timer = 0;
  let reading = false;
  const read = () => {
    const said = isAnchor() ? null : parse(location.hash, names, start);
    if (!said) return false;
    reading = true; // what the address says need not be written into it
    model.set("pins", said.pins.slice(0, 3));
    model.set("state", said.state);
    model.set("remark", remark(said.wrong));
    model.set("link", link());
    reading = false;
    return true;
  };
  const write = () => {
    if (reading || link() === model.get("link")) return; // a panel sets its state anew when it appears
    model.set("link", link());
    model.set("remark", "");
    clearTimeout(timer);
    timer = setTimeout(() => {
      try { history.replaceState(history.state, "", joined(location.hash, link(), prefix)); } catch { /* the address stays behind */ }
    }, PAUSE);
  };
  model.set("link", link());
  const isLinked = read() && performance.getEntriesByType("navigation")[0]?.type === "navigate";
  ["state", "pins"].forEach((key) => model.on(`change:${key}`, write));
  window.addEventListener("hashchange", read);
  return isLinked;
}

// The address after a change of one panel: what it says of the others stays.
function joined(hash, link, prefix) {
  if (!prefix || !hash.includes("=")) return link;
  const others = hash.slice(1).split("&").filter((pair) => pair && !pair.startsWith(coded(prefix)));
  return `#${[...others, link.slice(1)].join("&")}`;
}

// The button that copies the link, where the model has one, and what of the address was not understood.
function make({ model, find }) {
  if (model.get("link") === undefined) return {};
  const button = document.createElement("button");
  button.type = "button";
  button.className = "lk-link";
  button.textContent = "Copy link";
  const said = document.createElement("span");
  said.className = "lk-linked";
  said.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    const url = new URL(model.get("link"), location.href).href;
    const done = await navigator.clipboard?.writeText(url).then(() => true, () => false);
    if (!done) location.hash = model.get("link"); // it stands in the address, to be copied there
    said.textContent = done ? "Copied." : "The link stands in the address bar.";
    setTimeout(() => { said.textContent = ""; }, 3000);
  });
  find("tools").append(button, said);
  return { show() { if (model.get("remark")) find("notice").textContent = model.get("remark"); } };
}

export default { format, parse, remark, joined, keep, make };
