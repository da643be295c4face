// Comparing, a feature of a panel: the curves of the run before stay, faint, until the next change; runs can be pinned,
// the one that is shown by a button, another method at the same setting by a menu. The pins are the trait `pins`, a list
// of states; `pinned` {state: curves} is what a kernel, or a page, has drawn of them.

const { esc } = chart;
const MOST_PINS = 3;
const MOST_SEEN = 40;

const HTML =
  '<button type="button" class="lk-pin">Pin this run</button>' +
  '<select class="lk-versus" hidden></select><ul class="lk-chips" aria-label="pinned runs"></ul>';

// What was shown: the last finished run, the one before it, and all that this view has seen.
function memory(model) {
  const kept = { last: null, before: null, name: null, seen: new Map(), held: false, frozen: false };
  const nameOf = (state) => shown.keyOf(model.get("controls"), state);
  const turn = () => {
    const name = nameOf(model.get("state"));
    if (name === kept.name) return;
    if (kept.last && !kept.frozen) kept.before = kept.last;
    kept.frozen = kept.held; // a drag is one change: what was there when it began stays
    kept.name = name;
  };
  const finished = (picture) => {
    const run = { state: model.get("state"), name: kept.name, kept: beside.kept(model.get("parts"), picture) };
    kept.last = run;
    kept.seen.delete(run.name);
    kept.seen.set(run.name, run.kept);
    if (kept.seen.size > MOST_SEEN) kept.seen.delete(kept.seen.keys().next().value);
  };
  return { kept, nameOf, turn, finished };
}

// The pins as they are drawn: [{n, name, kept}]; kept is undefined for one that is not drawn yet.
function listed({ model, frames }, { kept, nameOf }) {
  const [controls, parts, state] = ["controls", "parts", "state"].map((key) => model.get(key));
  return (model.get("pins") ?? []).map((pin, n) => {
    const name = nameOf(pin);
    const stored = () => frames[name] && beside.kept(parts, frames[name].picture);
    const drawn = model.get("pinned")?.[name] ?? kept.seen.get(name) ?? stored();
    return { n, key: name, name: beside.differing(controls, pin, state) || "this setting", kept: drawn };
  });
}

function pin(model, nameOf, state) {
  const { marks, ...settings } = state;
  const pins = model.get("pins") ?? [];
  if (pins.length >= MOST_PINS || pins.some((other) => nameOf(other) === nameOf(settings))) return;
  model.set("pins", [...pins, settings]);
  model.save_changes();
}

function chips(list, pins, remove) {
  const html = pins.map((p) => `<li data-pin="${p.n}"${p.kept ? "" : ' data-pending="1"'}><span>${beside.NUMBERS[p.n]} ${esc(p.name)}${p.kept ? "" : " …"}</span>` +
    `<button type="button" aria-label="remove pin ${p.n + 1}: ${esc(p.name)}">×</button></li>`).join("");
  if (list.dataset.html === html) return;
  const focused = [...list.querySelectorAll("button")].indexOf(document.activeElement);
  list.dataset.html = html;
  list.innerHTML = html;
  const buttons = [...list.querySelectorAll("button")];
  buttons.forEach((button, n) => button.addEventListener("click", () => remove(n)));
  if (focused >= 0) (buttons[Math.min(focused, buttons.length - 1)] ?? list.parentElement.querySelector(".lk-pin")).focus();
}

// The menu "beside it": the other values of one control, at the setting and the seed that are shown.
function versus(select, model, nameOf, pins) {
  const controls = model.get("controls");
  const spec = controls.find((c) => c.name === model.get("versus"));
  select.hidden = !spec;
  if (!spec) return;
  const state = model.get("state");
  const seed = controls.some((c) => c.kind === "cycle") ? ", same seed" : "";
  const free = spec.words.map((words, k) => ({ words, k, key: nameOf({ ...state, [spec.name]: k }) }))
    .filter(({ k, key }) => k !== state[spec.name] && !pins.some((p) => p.key === key));
  const title = `Beside it${seed} …`;
  const html = `<option value="">${esc(title)}</option>${free.map(({ words, k }) => `<option value="${k}">${esc(words)}</option>`).join("")}`;
  if (select.dataset.html === html) return;
  select.dataset.html = html;
  select.innerHTML = html;
  select.setAttribute("aria-label", `pin another ${spec.label} beside it${seed}`);
}

function tools(place, model, nameOf) {
  const box = document.createElement("span");
  box.className = "lk-beside";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "comparing");
  box.innerHTML = HTML;
  place.append(box);
  const [button, select, list] = box.children;
  button.addEventListener("click", () => pin(model, nameOf, model.get("state")));
  select.addEventListener("keydown", (event) => { // an arrow key opens the menu: it must not choose what nobody has read
    if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
    try { select.showPicker(); } catch { return; } // an older browser, or a frame that may not
    event.preventDefault();
  });
  select.addEventListener("change", () => {
    if (select.value !== "") pin(model, nameOf, { ...model.get("state"), [model.get("versus")]: Number(select.value) });
    select.value = "";
  });
  return { box, button, select, list };
}

function make(panel) {
  const { model, find, time } = panel;
  const runs = memory(model);
  const { kept, nameOf } = runs;
  const hold = () => { kept.held = true; };
  const release = () => { kept.held = kept.frozen = false; };
  find("controls").addEventListener("pointerdown", hold);
  ["pointerup", "pointercancel"].forEach((name) => window.addEventListener(name, release, true));
  const has = (kind) => model.get("parts").some((part) => part.kind === kind);
  const row = has("curves") ? tools(find("tools"), model, nameOf) : null;
  const remove = (n) => {
    model.set("pins", model.get("pins").filter((_, k) => k !== n));
    model.save_changes();
  };
  const before = () => {
    const run = kept.before;
    if (!run || run.name === kept.name) return null;
    return { name: `before: ${beside.differing(model.get("controls"), run.state, model.get("state"))}`, kept: run.kept };
  };
  const show = ({ source, picture }) => {
    runs.turn();
    const whole = source === "live" || (source === "stored" && (panel.silent || !model.get("busy")));
    if (whole) runs.finished(picture);
    if (!row) return;
    const pins = listed(panel, runs);
    const full = pins.length >= MOST_PINS || pins.some((p) => p.key === kept.name);
    row.button.setAttribute("aria-disabled", full);
    row.select.disabled = pins.length >= MOST_PINS;
    versus(row.select, model, nameOf, pins);
    chips(row.list, pins, remove);
  };
  const layer = (part, traits) => {
    runs.turn();
    return beside.layered(part, traits, before(), row ? listed(panel, runs) : [], time.epoch);
  };
  const changed = () => panel.again();
  ["pins", "pinned"].forEach((key) => model.on(`change:${key}`, changed));
  return {
    show,
    layer,
    stop: () => {
      ["pointerup", "pointercancel"].forEach((name) => window.removeEventListener(name, release, true));
      ["pins", "pinned"].forEach((key) => model.off?.(`change:${key}`, changed));
    },
  };
}

export default { make };
