// A panel: controls, pictures that follow them, the reader's guess. The whole state is in the model (get, set, on, off,
// save_changes): a kernel may stand behind it, or a page with stored pictures.
//
// state {control: position of its value, marks: {part: what the reader has done in it}} is the reader's; picture {part:
// traits}, drawing (the state that it is of) and drawn (the last state that was finished) are the other side's. asked is
// raised with every change of the reader's, and answered follows it where a kernel listens.

// What a panel offers beside controls and pictures is a feature: make(panel) -> {begin(now), show(now), layer(part, traits), stop()},
// all three if wanted. show follows the model, layer adds to what a part is drawn from, begin(now) comes before both. panel:
// {model, el, find, parts, time, frames, silent, again}; now: {picture, message, source}, see shown.js.

const { esc } = chart;
const { KINDS, Part } = part;
const { ask, control } = controls;
const FEATURES = [samples, asking, compare, moves, address];
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

function fill({ model, parts, el, time }, picture, features) {
  const state = model.get("state");
  parts.forEach((part) => {
    const place = el.querySelector(`.lk-part[data-part="${part.name}"]`);
    const fresh = part.name in picture || !part.last || (part.declared.life && "samples" in picture);
    place?.toggleAttribute("data-stale", !fresh);
    part.last = fresh ? picture[part.name] ?? {} : part.last; // what is not drawn yet stays, and is pale
    part.own.marks = state.marks?.[part.name];
  });
  const busy = model.get("busy");
  time.show([...parts.values()].map((part) => part.last), busy ? JSON.stringify(model.get("drawing")) : "");
  parts.forEach((part) => {
    const plain = cursor.traits(part.last, time.epoch);
    const held = STILL.matches && busy && part.kind === "world" && "epoch" in plain && "epoch" in part.shown; // it moves once, at the end
    const layered = (traits, feature) => feature.layer?.(part, traits) ?? traits;
    part.show(held ? part.shown : features.reduce(layered, plain));
    part.tell(["marks"]);
  });
}

function build(el, model) {
  el.classList.add("lk-panel");
  el.addEventListener("keydown", (event) => { // keys that a control understands must not move the notebook's cells
    if (!event.ctrlKey && !event.metaKey && !event.altKey && !["Escape", "Tab"].includes(event.key)) event.stopPropagation();
  });
  el.setAttribute("role", "region");
  el.setAttribute("aria-label", model.get("title"));
  el.innerHTML =
    `<div class="lk-top"><span class="lk-heading">${esc(model.get("title"))}</span><span class="lk-now" role="status" aria-live="polite"></span>` +
    '<button type="button" class="lk-stop">Stop</button></div>' +
    '<div class="lk-progress" role="progressbar" aria-label="progress" aria-valuemin="0" aria-valuemax="100"><i></i></div>' +
    '<div class="lk-controls"></div><div class="lk-tools"><div class="lk-time" role="group" aria-label="time" hidden></div></div>' +
    '<div class="lk-notice" role="status"></div><div class="lk-failure" role="alert"></div><div class="lk-rows"></div><div class="lk-foot"></div>';
  const find = (name) => el.querySelector(`:scope > .lk-${name}, :scope > :is(.lk-top, .lk-tools) > .lk-${name}`);
  const controls = model.get("controls").map((spec) => control(spec, model));
  find("controls").append(...controls.map((c) => c.label));
  return { find, controls };
}

function lay(model, rows, parts) {
  const undo = [];
  rows.append(...model.get("rows").map((names) => {
    const row = document.createElement("div");
    row.className = "lk-parts";
    row.append(...names.map((name) => {
      const box = document.createElement("div");
      const part = parts.get(name);
      box.className = "lk-part";
      box.dataset.part = name;
      box.style.flex = `${part.declared.share ?? 1} 1 0`;
      undo.push([box, part]);
      return box;
    }));
    return row;
  }));
  return undo.map(([box, part]) => KINDS[part.kind].render({ model: part, el: box }));
}

// What the model says of the live pictures.
const live = (model) => Object.fromEntries(["drawing", "drawn", "picture", "message", "busy"].map((key) => [key, model.get(key)]));

function status(model, find, el, now, silent) {
  const error = silent ? "" : model.get("error");
  const busy = model.get("busy") && !silent;
  const source = silent || now.source === "live" ? now.source : "none";
  el.dataset.busy = busy ? "1" : "0";
  el.dataset.source = source;
  el.dataset.silent = silent ? "1" : "0";
  el.dataset.drawn = JSON.stringify(source === "none" ? model.get("drawn") : model.get("state"));
  el.dataset.settled = source !== "none" && !busy ? "1" : "0";
  find("now").textContent = find("now").title = now.message;
  find("notice").textContent = silent ? shown.silence(now.source) : "";
  find("failure").textContent = error;
  find("stop").disabled = !busy;
  find("progress").firstElementChild.style.width = `${100 * model.get("progress")}%`;
  find("progress").setAttribute("aria-valuenow", Math.round(100 * model.get("progress")));
}

// Watch whether a kernel answers: after a while without one, the view goes on with what is stored.
function watch(model, changed) {
  const ear = { silent: false, timer: 0, last: null }; // last: the state that was shown before
  const listen = () => {
    clearTimeout(ear.timer);
    if (model.get("answered") === model.get("asked")) return heard();
    ear.timer = setTimeout(() => { ear.silent = true; changed(); }, shown.SILENCE);
  };
  const heard = () => {
    clearTimeout(ear.timer);
    if (ear.silent) { ear.silent = false; changed(); }
  };
  return { ear, listen };
}

function render({ model, el }) {
  const { find, controls } = build(el, model);
  const marked = (name, value) => {
    time.newest(); // what follows from the marks is watched from the first step
    ask(model, marks.next(model.get("state"), name, value));
  };
  const again = () => draw(panel, ear, alone, features);
  const parts = new Map(model.get("parts").map((spec) => [spec.name, new Part(spec, again, marked)]));
  const time = cursor.make(find("time"), again);
  const { ear, listen } = watch(model, again);
  const alone = marks.learner(model, again);
  const panel = { model, el, find, parts, time, again, frames: {}, get silent() { return ear.silent; } };
  const features = FEATURES.map((feature) => feature.make(panel));
  const undo = lay(model, find("rows"), parts);
  const follow = { state: () => { controls.forEach((c) => c.show()); again(); }, asked: listen, answered: listen };
  ["picture", "busy", "message", "progress", "error", "drawn", "guess", "asks"].forEach((key) => { follow[key] = again; });
  const soon = once(follow);
  Object.entries(soon).forEach(([key, call]) => model.on(`change:${key}`, call));
  const lost = () => ask(model, model.get("state")); // Jupyter says so where a kernel goes or comes
  model.on("comm_live_update", lost);
  find("stop").addEventListener("click", () => { model.set("stopped", model.get("stopped") + 1); model.save_changes(); });
  follow.state();
  shown.unpack(model.get("kept")).then((kept) => { panel.frames = kept.frames; again(); }).catch(() => {});
  model.set("alive", true);
  ask(model, model.get("state"));
  listen();
  return () => {
    clearTimeout(ear.timer);
    time.stop();
    [...undo, ...features.map((feature) => () => feature.stop?.())].forEach((call) => call());
    Object.entries(soon).forEach(([key, call]) => model.off?.(`change:${key}`, call));
    model.off?.("comm_live_update", lost);
  };
}

// Put on the page what the model says.
function draw(panel, ear, alone, features) {
  const { model, frames } = panel;
  const state = model.get("state");
  const { marks: own, ...settings } = state;
  const frame = frames[shown.keyOf(model.get("controls"), settings)];
  const nearest = ear.silent && !frame && !shown.same(model.get("drawn"), state) && shown.nearestStored(model.get("controls"), frames, state, ear.last);
  if (nearest) {
    ask(model, own ? { ...nearest, marks: own } : nearest);
    return;
  }
  ear.last = state;
  const said = ear.silent && own && !shown.same(model.get("drawn"), state) ? alone(frame) : live(model);
  const now = shown.pictureOf(state, said, own ? undefined : frame);
  features.forEach((feature) => feature.begin?.(now));
  fill(panel, now.picture, features);
  status(model, panel.find, panel.el, now, ear.silent);
  features.forEach((feature) => feature.show?.(now));
}

// Calls that run once after all changes of one message.
function once(calls) {
  const waiting = new Set();
  return Object.fromEntries(Object.entries(calls).map(([key, call]) => [key, () => {
    if (!waiting.size) queueMicrotask(() => { const all = [...waiting]; waiting.clear(); all.forEach((one) => one()); });
    waiting.add(call);
  }]));
}

export default { render, learn: marks.learn, kept: beside.kept, address, unpack: shown.unpack };
