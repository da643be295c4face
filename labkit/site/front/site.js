// A page without a kernel: panels that show stored pictures, the reader's guess, light and dark. No request leaves the
// page: what it shows came with it, as plain scripts, so that it also works from a file.
(() => {
const STORED = window.labkitStored ??= {}; // {panel: base64 of gzipped JSON}, each put there by a script of its own
const memory = {
  get(key) { try { return JSON.parse(localStorage.getItem(`labkit.${key}`)); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(`labkit.${key}`, JSON.stringify(value)); } catch { /* kept for this visit only */ } },
};
const element = (tag, name, text = "") => Object.assign(document.createElement(tag), { className: name, textContent: text });

// What a kernel would be: the reader moves `state`, the stored picture follows.
class StaticModel {
  constructor(kept, state) {
    this.kept = kept;
    this.heard = new Map();
    const { title, controls, rows, parts, question, moves, versus } = kept;
    this.values = { title, controls, rows, parts, question, moves, versus, pins: [], pinned: {}, remark: "", picture: {}, drawing: {}, drawn: {}, kept: "", asked: 0, answered: 0, message: "", busy: false, progress: 0, error: "", stopped: 0, guess: null, asks: false, fresh: false };
    this.values.state = Object.fromEntries(controls.map((c) => [c.name, nearest(c, state[c.name])]));
    if (state.marks) this.values.state.marks = state.marks;
    this.turn = 0; // of the newest look; what an older one still draws is out of date
    this.look();
  }
  get(key) { return this.values[key]; }
  set(key, value) {
    this.values[key] = value;
    this.tell(key);
    if (key === "state") this.look();
    if (key === "pins") this.pin();
    if (key === "asked") this.set("answered", value);
    if (key === "stopped") this.stop();
  }
  save_changes() {}
  on(event, call) { this.heard.set(event, [...(this.heard.get(event) ?? []), call]); }
  off(event, call) { this.heard.set(event, (this.heard.get(event) ?? []).filter((other) => other !== call)); }
  tell(key) { (this.heard.get(`change:${key}`) ?? []).forEach((call) => call()); }
  frame(state) { return this.kept.frames[this.values.controls.map((c) => c.stored[state[c.name]]).join(",")]; }
  // The curves of the pinned settings, by the positions of their controls; the controls here offer what is stored.
  pin() {
    const { controls, parts, pins } = this.values;
    const stored = pins.map((state) => [controls.map((c) => state[c.name]).join(","), this.frame(state)]).filter(([, frame]) => frame);
    this.news({ pinned: Object.fromEntries(stored.map(([name, frame]) => [name, window.labkit.panel.kept(parts, frame.picture)])) });
  }
  look() {
    const { state } = this.values;
    const frame = this.frame(state);
    this.turn += 1;
    if (frame && state.marks) this.learn(frame, this.turn);
    else if (frame) this.news({ picture: frame.picture, message: frame.message, drawing: state, drawn: state, error: "", busy: false });
    else this.news({ error: "Nothing is stored for this setting. With a kernel (./lab) every setting can be drawn.", message: "", busy: false });
  }
  news(values) {
    Object.assign(this.values, values);
    Object.keys(values).forEach((key) => this.tell(key));
  }
  // The reader's own marks: nothing is stored for them, and the page computes what it can.
  async learn(frame, turn) {
    const { state } = this.values;
    const cancelled = () => turn !== this.turn;
    const show = (picture, message) => { if (!cancelled()) this.news({ picture, message }); };
    this.news({ drawing: state, picture: {}, message: "", error: "", busy: true });
    try {
      await window.labkit.panel.learn(this.values, frame, show, cancelled);
      if (!cancelled()) this.news({ drawn: state, busy: false });
    } catch (error) {
      if (!cancelled()) this.news({ error: error.message, message: "", busy: false });
    }
  }
  stop() {
    this.turn += 1;
    this.news({ busy: false, message: "stopped" });
  }
}

// The offered value nearest to where the panel stood when the notebook was stored.
function nearest(control, position) {
  const wanted = position ?? control.start;
  const far = control.stored.map((k) => Math.abs(k - wanted));
  return far.indexOf(Math.min(...far));
}

const DECK = document.querySelector(".deck"); // slides have an address of their own
const ALONE = document.querySelectorAll(".panel-place").length === 1;
const opened = {}; // {panel: promise of what is stored}
const models = window.labkitModels = {}; // {panel: [its models on this page]}
function open(name) {
  if (!STORED[name]) return Promise.reject(Error(`Nothing is stored for panel ${name}. It needs a kernel: ./lab opens the lessons in JupyterLab.`));
  return opened[name] ??= window.labkit.panel.unpack(STORED[name]);
}

async function panel(place) {
  const name = place.dataset.panel;
  try {
    const kept = await open(name);
    const view = element("div", "");
    place.replaceChildren(view, element("p", "recipe", recipe(kept)));
    const model = modelOf(name, kept, JSON.parse(place.dataset.state || "{}"));
    const isLinked = !DECK && window.labkit.panel.address.keep(model, ALONE ? "" : `${name}.`);
    window.labkit.panel.render({ model, el: view });
    if (isLinked) place.scrollIntoView();
  } catch (error) {
    place.replaceChildren(Object.assign(element("p", "failure", `This panel cannot be shown. ${error.message}`), { role: "alert" }));
  }
}

// A model of a panel, or of its question alone, with the guess that this browser keeps. It waits for the guess, unless
// the page has a place for it, which then covers what is below.
function modelOf(name, kept, state) {
  const model = new StaticModel(kept, state);
  model.values.guess = kept.question.words ? window.labkit.guess.read(kept.question, memory.get(`guess.${name}`)) : null;
  model.values.asks = Boolean(kept.question.words) && !document.querySelector(`[data-guess="${name}"]`);
  (models[name] ??= []).push(model);
  model.on("change:guess", () => keep(name, model.get("guess")));
  return model;
}

function recipe({ recipe: r, frames }) {
  const count = Object.keys(frames).length;
  return `Stored runs; no kernel behind this page. ${count} settings, drawn on ${r.made} by ${r.by} (labkit numbers ${r.numbers}, torch ${r.torch}, ` +
    `${r.machine.replace(/\b1 threads/, "1 thread")}); ${r.seconds} s of computing. The controls offer what is stored; with a kernel they offer more.`;
}

// One guess per lesson, wherever on the page it is given.
const listeners = {};
function keep(name, guess) {
  if (JSON.stringify(memory.get(`guess.${name}`)) === JSON.stringify(guess)) return;
  memory.set(`guess.${name}`, guess);
  (models[name] ?? []).forEach((model) => { if (model.get("guess") !== guess) model.set("guess", guess); });
  (listeners[name] ?? []).forEach((call) => call(guess));
}

// Ask for the guess of a lesson. What is below is covered at once, before the question is unpacked.
async function ask(place) {
  const name = place.dataset.guess;
  if (!STORED[name]) return;
  const covers = memory.get(`guess.${name}`) === null ? cover(name, place) : null;
  try {
    const kept = await open(name);
    const view = element("div", "");
    place.replaceChildren(view);
    const model = modelOf(name, kept, {});
    window.labkit.prediction.render({ model, el: view });
    const covered = covers ?? (model.get("guess") === null ? cover(name, place) : null);
    const told = (guess) => {
      if (guess) covered?.();
      score(name, kept.question, guess);
    };
    (listeners[name] ??= []).push(told);
    told(model.get("guess"));
  } catch {
    covers?.(); // without a question there is nothing to wait for
  }
}

// Cover every output below a place until the guess is made or skipped. -> a function that uncovers them
function cover(name, place) {
  const isBelow = (node) => place.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING;
  const covers = [...document.querySelectorAll(".outputs")].filter((node) => node.firstElementChild && isBelow(node)).map((outputs) => {
    const hidden = [...outputs.children];
    hidden.forEach((node) => { node.hidden = true; });
    const block = element("div", "covered", "Covered until you have guessed.");
    const to = Object.assign(element("button", "", "Guess"), { type: "button" });
    const skip = Object.assign(element("button", "", "Skip the guess"), { type: "button" });
    to.addEventListener("click", () => goTo(place));
    skip.addEventListener("click", () => {
      keep(name, { value: null, sure: "", why: "", skipped: true });
      hidden[0].tabIndex = -1;
      hidden[0].focus({ preventScroll: true });
    });
    block.append(" ", to, " ", skip);
    outputs.prepend(block);
    return { hidden, block };
  });
  return () => {
    covers.forEach(({ hidden, block }) => {
      hidden.forEach((node) => { node.hidden = false; });
      block.hidden = true; // slides still hold it
    });
    window.labkitSlides?.paginate();
  };
}

function goTo(place) {
  window.labkitSlides?.find(place);
  place.scrollIntoView({ block: "center" });
  place.querySelector("[tabindex], input, button")?.focus({ preventScroll: true });
}

// The score of the reader's own guess, in the place of the stored one.
function score(name, question, guess) {
  if (!guess) return;
  document.querySelectorAll(`[data-score="${name}"]`).forEach((place) => {
    place.replaceChildren(element("p", "said", window.labkit.guess.score(question, guess)));
  });
}

// Figures to turn: plotly, if the page brought it.
const ink = () => ({ paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", "font.color": getComputedStyle(document.body).color });
function turn(place) {
  const { data, layout } = JSON.parse(place.querySelector("script").textContent);
  const box = element("div", "plotly-box");
  place.append(box);
  window.Plotly.newPlot(box, data, { ...layout, autosize: true }, { displaylogo: false, responsive: true })
    .then(() => window.Plotly.relayout(box, ink()));
}

function repaint() {
  document.querySelectorAll(".plotly-box").forEach((box) => window.Plotly.relayout(box, ink()));
}

function themes() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const now = () => root.dataset.theme || (dark.matches ? "dark" : "light");
  document.querySelectorAll("button.theme").forEach((button) => button.addEventListener("click", () => {
    root.dataset.theme = now() === "dark" ? "light" : "dark";
    try { localStorage.setItem("labkit.theme", root.dataset.theme); } catch { /* for this page only */ }
    repaint();
  }));
  dark.addEventListener("change", repaint);
}

function copies() {
  if (!navigator.clipboard) return;
  document.querySelectorAll(".code").forEach((code) => {
    const button = Object.assign(element("button", "copy", "copy"), { type: "button" });
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.querySelector("pre").textContent).then(() => { button.textContent = "copied"; }, () => { button.textContent = "not allowed"; });
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
    code.append(button);
  });
}

// What is wider than its place can be scrolled by the keyboard, too.
const WIDE = ".code pre, .outputs pre, .prose pre, .prose table, .html, figure, math[display='block'], .contents";
function scrolls() {
  const look = () => document.querySelectorAll(WIDE).forEach((el) => {
    const wide = el.scrollWidth > el.clientWidth + 1 || el.scrollHeight > el.clientHeight + 1;
    if (wide && el.clientWidth) el.setAttribute("tabindex", "0");
    else el.removeAttribute("tabindex");
  });
  look();
  addEventListener("resize", look);
  addEventListener("load", look);
}

themes();
copies();
scrolls();
const coming = [...[...document.querySelectorAll(".panel-place")].map(panel), ...[...document.querySelectorAll("[data-guess]")].map(ask)];
window.labkitPanels = Promise.all(coming); // slides count their heights once all are there
if (window.Plotly) document.querySelectorAll(".plotly-place").forEach(turn);
})();
