// A panel: controls, pictures that follow them, the reader's guess. The whole state is in the model (get, set, on, off,
// save_changes): a kernel may stand behind it, or a page with stored pictures.
//
// state {control: position of its value, marks: {part: what the reader has done in it}} is the reader's; picture {part:
// traits}, drawing (the state that it is of) and drawn (the last state that was finished) are the other side's. asked is raised with every change of the reader's, and
// answered follows it where a kernel listens.

const { esc, words } = chart;
const KINDS = { curves, scatter, bars, matrix, gallery, faces, table, world };
const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const GUESS = "#E69F00";

// What a part sees as its model: what is declared, what is shown, and what is selected in it.
class Part {
  constructor({ kind, name, traits }, chosen, marked) {
    Object.assign(this, { kind, name, declared: traits, shown: {}, own: { selected: -1 }, heard: new Map(), chosen, marked });
  }
  get(key) { return this.own[key] ?? this.shown[key] ?? this.declared[key] ?? KINDS[this.kind].DEFAULTS[key]; }
  set(key, value) {
    this.own[key] = value;
    this.tell([key]);
    if (key === "selected") this.chosen();
    if (key === "marks") this.marked(this.name, value);
  }
  save_changes() {}
  on(event, call) { this.heard.set(event, [...(this.heard.get(event) ?? []), call]); }
  off(event, call) { this.heard.set(event, (this.heard.get(event) ?? []).filter((other) => other !== call)); }
  tell(keys) { keys.forEach((key) => (this.heard.get(`change:${key}`) ?? []).forEach((call) => call())); }
  show(traits) {
    const keys = new Set([...Object.keys(this.shown), ...Object.keys(traits)]);
    this.shown = traits;
    this.tell([...keys]);
  }
}

// Set the state, and want an answer.
function ask(model, state) {
  model.set("state", state);
  model.set("asked", (model.get("asked") ?? 0) + 1);
  model.save_changes();
}

function control(spec, model) {
  const value = () => model.get("state")[spec.name];
  const set = (k) => ask(model, { ...model.get("state"), [spec.name]: k });
  const called = `${spec.label} ${spec.symbol}`.trim();
  const label = document.createElement("label");
  label.className = `lk-control lk-${spec.kind}`;
  const text = `<span class="lk-called">${esc(spec.label)}${spec.symbol ? ` <var>${esc(spec.symbol)}</var>` : ""}</span>`;
  const make = { slider: () => ranged(spec, label, text, set), choice: () => chosen(spec, label, text, set), cycle: () => cycled(spec, label, set, value) };
  const show = make[spec.kind]();
  const input = label.querySelector("input, select, button");
  input.setAttribute("aria-label", called);
  input.dataset.control = spec.name;
  return { label, show: () => show(value()) };
}

function ranged(spec, label, text, set) {
  label.innerHTML = `${text}<input type="range" min="0" max="${spec.values.length - 1}" step="1"><output></output>`;
  const [, input, output] = label.children;
  input.addEventListener("input", () => set(Number(input.value)));
  output.style.minWidth = `${Math.max(...spec.words.map((w) => w.length))}ch`;
  return (k) => {
    if (Number(input.value) !== k) input.value = k;
    output.textContent = spec.words[k];
    input.setAttribute("aria-valuetext", spec.words[k]);
  };
}

function chosen(spec, label, text, set) {
  label.innerHTML = `${text}<select>${spec.words.map((w, k) => `<option value="${k}">${esc(w)}</option>`).join("")}</select>`;
  const select = label.lastElementChild;
  select.addEventListener("change", () => set(Number(select.value)));
  return (k) => { select.value = k; };
}

function cycled(spec, label, set, value) {
  label.innerHTML = `<button type="button">${esc(spec.label)}${spec.symbol ? ` <var>${esc(spec.symbol)}</var>` : ""} <span></span></button>`;
  const button = label.firstElementChild;
  button.addEventListener("click", () => set((value() + 1) % spec.values.length));
  return (k) => { button.lastElementChild.textContent = `(now ${spec.words[k]})`; };
}

// How a guess stands to the band that was measured, in words.
function verdict({ unit, low, high, seeds }, guess) {
  const range = unit === "choice" ? [...new Set([low, high])].join(" or ") : low === high ? words(low, unit) : `${words(low, unit)} to ${words(high, unit)}`;
  const measured = `measured: ${range} (${seeds} seeds)`;
  if (unit === "choice") return `${measured}; ${guess === low || guess === high ? "right" : "not so"}`;
  const off = guess < low ? low - guess : guess > high ? guess - high : 0;
  if (!off) return `${measured}; inside`;
  return `${measured}; ${unit === "percent" ? `${+(100 * off).toFixed(1)} points` : +off.toPrecision(2)} too ${guess < low ? "low" : "high"}`;
}

function asked(question, model) {
  const form = document.createElement("form");
  form.className = "lk-ask";
  const field = question.options
    ? `<select name="guess" aria-label="your guess">${question.options.map((o) => `<option>${esc(o)}</option>`).join("")}</select>`
    : `<input name="guess" type="number" step="any" required aria-label="your guess${question.unit === "percent" ? " in percent" : ""}">${question.unit === "percent" ? " %" : ""}`;
  form.innerHTML = `<span class="lk-question">${esc(question.words)}</span> <span class="lk-field">${field} <button type="submit">Keep my guess</button></span>`;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = form.elements.guess.value;
    model.set("guess", question.options ? given : question.unit === "percent" ? Number(given) / 100 : Number(given));
    model.save_changes();
  });
  return form;
}

function guessed(question, model, foot) {
  const guess = model.get("guess");
  const none = guess === null || guess === undefined;
  if (none && !foot.querySelector("form")) foot.replaceChildren(asked(question, model));
  if (none) return;
  const said = `You guessed ${words(guess, question.unit === "choice" ? "" : question.unit)}`;
  foot.innerHTML = `<span class="lk-question">${esc(question.words)}</span> <span class="lk-score">` +
    `${esc(said)}; ${question.low === undefined ? "nothing is stored to compare it with" : esc(verdict(question, guess))}.</span>`;
}

// The guess and the measured band, as marks in the part that the question names.
function withGuess(part, traits, question, guess) {
  if (guess === null || guess === undefined || question?.part !== part.name || question.unit === "choice") return traits;
  if (part.kind === "bars") return { ...traits, guess: { name: question.x, value: guess } };
  const star = { name: "your guess", x: [question.x], y: [guess], colour: GUESS, dash: "", marker: "star", guess: true };
  const band = { name: "measured over seeds", x: [question.x, question.x], y: [question.low, question.high], colour: GUESS, dash: "", marker: "dash", guess: true };
  return { ...traits, series: [...(traits.series ?? []), star, ...(question.low === undefined ? [] : [band])] };
}

function fill(model, parts, picture, el, time) {
  const [question, guess, state] = ["question", "guess", "state"].map((key) => model.get(key));
  parts.forEach((part) => {
    const place = el.querySelector(`.lk-part[data-part="${part.name}"]`);
    const fresh = part.name in picture || !part.last;
    place?.toggleAttribute("data-stale", !fresh);
    part.last = fresh ? picture[part.name] ?? {} : part.last; // what is not drawn yet stays, and is pale
    part.own.marks = state.marks?.[part.name];
  });
  time.show([...parts.values()].map((part) => part.last));
  parts.forEach((part) => {
    const shown = cursor.traits(part.last, time.at);
    const picked = shown.by ? shown.of?.[parts.get(shown.by).get("selected")] ?? {} : {};
    const { by, of, ...plain } = shown;
    const held = STILL.matches && model.get("busy") && "epoch" in plain && "epoch" in part.shown; // it moves once, at the end
    part.show(held ? part.shown : withGuess(part, { ...plain, ...picked }, question, guess));
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
    '<div class="lk-controls"></div><div class="lk-time" role="group" aria-label="time" hidden></div><div class="lk-notice" role="status"></div><div class="lk-failure" role="alert"></div><div class="lk-rows"></div><div class="lk-foot"></div>';
  const find = (name) => el.querySelector(`:scope > .lk-${name}, :scope > .lk-top > .lk-${name}`);
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
  let frames = {};
  const marked = (name, value) => {
    time.newest(); // what follows from the marks is watched from the first step
    ask(model, marks.next(model.get("state"), name, value));
  };
  const parts = new Map(model.get("parts").map((spec) => [spec.name, new Part(spec, () => again(), marked)]));
  const time = cursor.make(find("time"), () => again());
  const { ear, listen } = watch(model, () => again());
  const alone = marks.learner(model, () => again());
  const again = () => {
    const state = model.get("state");
    const { marks: own, ...settings } = state;
    const frame = frames[shown.keyOf(model.get("controls"), settings)];
    const nearest = ear.silent && !frame && !shown.same(model.get("drawn"), state) && shown.nearestStored(model.get("controls"), frames, state, ear.last);
    if (nearest) return ask(model, own ? { ...nearest, marks: own } : nearest);
    ear.last = state;
    const said = ear.silent && own && !shown.same(model.get("drawn"), state) ? alone(frame) : live(model);
    const now = shown.pictureOf(state, said, own ? undefined : frame);
    fill(model, parts, now.picture, el, time);
    status(model, find, el, now, ear.silent);
  };
  const undo = lay(model, find("rows"), parts);
  const question = model.get("question");
  const follow = {
    state: () => { controls.forEach((c) => c.show()); again(); },
    guess: () => { again(); if (question?.words) guessed(question, model, find("foot")); },
    asked: listen,
    answered: listen,
  };
  ["picture", "busy", "message", "progress", "error", "drawn"].forEach((key) => { follow[key] = again; });
  const soon = once(follow);
  Object.entries(soon).forEach(([key, call]) => model.on(`change:${key}`, call));
  const lost = () => ask(model, model.get("state")); // Jupyter says so where a kernel goes or comes
  model.on("comm_live_update", lost);
  find("stop").addEventListener("click", () => { model.set("stopped", model.get("stopped") + 1); model.save_changes(); });
  ["state", "guess"].forEach((key) => follow[key]());
  shown.unpack(model.get("kept")).then((kept) => { frames = kept.frames; again(); }).catch(() => {});
  model.set("alive", true);
  ask(model, model.get("state"));
  listen();
  return () => {
    clearTimeout(ear.timer);
    time.stop();
    undo.forEach((call) => call());
    Object.entries(soon).forEach(([key, call]) => model.off?.(`change:${key}`, call));
    model.off?.("comm_live_update", lost);
  };
}

// Calls that run once after all changes of one message.
function once(calls) {
  const waiting = new Set();
  return Object.fromEntries(Object.entries(calls).map(([key, call]) => [key, () => {
    if (!waiting.size) queueMicrotask(() => { const all = [...waiting]; waiting.clear(); all.forEach((one) => one()); });
    waiting.add(call);
  }]));
}

export default { render, verdict, learn: marks.learn };
