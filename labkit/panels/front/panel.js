// A panel: controls, pictures that follow them, the reader's guess. The whole state is in the model (get, set, on, off,
// save_changes): a kernel may stand behind it, or a page with stored pictures.
//
// state {control: position of its value} is the reader's; picture {part: traits} and drawn (the state that the picture
// shows) are the other side's.

const { esc, words } = chart;
const KINDS = { curves, scatter, bars, matrix, gallery, faces, table };
const GUESS = "#E69F00";

// What a part sees as its model: what is declared, what is shown, and what is selected in it.
class Part {
  constructor({ kind, name, traits }, chosen) {
    Object.assign(this, { kind, name, declared: traits, shown: {}, own: { selected: -1 }, heard: new Map(), chosen });
  }
  get(key) { return this.own[key] ?? this.shown[key] ?? this.declared[key] ?? KINDS[this.kind].DEFAULTS[key]; }
  set(key, value) {
    this.own[key] = value;
    this.tell([key]);
    if (key === "selected") this.chosen();
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

function control(spec, model) {
  const value = () => model.get("state")[spec.name];
  const set = (k) => {
    model.set("state", { ...model.get("state"), [spec.name]: k });
    model.save_changes();
  };
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

function fill(model, parts) {
  const [picture, question, guess] = [model.get("picture"), model.get("question"), model.get("guess")];
  parts.forEach((part) => {
    const shown = picture[part.name] ?? {};
    const picked = shown.by ? shown.of?.[parts.get(shown.by).get("selected")] ?? {} : {};
    const { by, of, ...plain } = shown;
    part.show(withGuess(part, { ...plain, ...picked }, question, guess));
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
    '<div class="lk-controls"></div><div class="lk-failure" role="alert"></div><div class="lk-rows"></div><div class="lk-foot"></div>';
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

function status(model, find, el) {
  const [busy, error] = [model.get("busy"), model.get("error")];
  const same = JSON.stringify(model.get("drawn")) === JSON.stringify(model.get("state"));
  el.dataset.busy = busy ? "1" : "0";
  el.dataset.drawn = JSON.stringify(model.get("drawn"));
  el.dataset.settled = same && !busy ? "1" : "0";
  find("now").textContent = find("now").title = model.get("message");
  find("failure").textContent = error;
  find("stop").disabled = !busy;
  find("progress").firstElementChild.style.width = `${100 * model.get("progress")}%`;
  find("progress").setAttribute("aria-valuenow", Math.round(100 * model.get("progress")));
}

function render({ model, el }) {
  const { find, controls } = build(el, model);
  const again = () => fill(model, parts);
  const parts = new Map(model.get("parts").map((spec) => [spec.name, new Part(spec, again)]));
  const undo = lay(model, find("rows"), parts);
  const question = model.get("question");
  const follow = {
    state: () => { controls.forEach((c) => c.show()); status(model, find, el); },
    picture: again,
    guess: () => { again(); if (question?.words) guessed(question, model, find("foot")); },
  };
  ["busy", "message", "progress", "error", "drawn"].forEach((key) => { follow[key] = () => status(model, find, el); });
  Object.entries(follow).forEach(([key, call]) => model.on(`change:${key}`, call));
  find("stop").addEventListener("click", () => { model.set("stopped", model.get("stopped") + 1); model.save_changes(); });
  ["state", "guess"].forEach((key) => follow[key]());
  model.set("alive", true);
  model.save_changes();
  return () => {
    undo.forEach((call) => call());
    Object.entries(follow).forEach(([key, call]) => model.off?.(`change:${key}`, call));
  };
}

export default { render, verdict };
