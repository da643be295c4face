// Points in a plane with fixed axes, in named groups; one can be chosen by a click or with the arrow keys.
// points: {x, y, group, label, faint, sample: positions in the training set}; lit: the sample that the panel lights;
// read: whether places are read out; groups: [{name, colour, marker}]; lines: [{name, x, y, colour, dash}].

const { esc, ink, words, mark, entry } = chart;
const DEFAULTS = {
  points: { x: [], y: [], group: [] }, groups: [], lines: [], title: "", xlabel: "", ylabel: "", xlim: [0, 1], ylim: [0, 1],
  unit: "number", xunit: "number", xscale: "linear", yscale: "linear", height: 300, caption: "", hint: "", selected: -1,
  lit: -1, read: true,
};
const KEYS = Object.keys(DEFAULTS);
const REACH = 14; // pixels from the pointer at which a point is meant
const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

function path(line, s) {
  const at = line.x.map((x, k) => `${s.x(x).toFixed(1)} ${s.y(line.y[k]).toFixed(1)}`).join("L");
  return `<path class="lk-path" ${ink(line.colour)} stroke-dasharray="${esc(line.dash ?? "")}" d="M${at}"/>`;
}

function dots({ points, groups }, s) {
  const order = points.x.map((_, k) => k).filter((k) => points.x[k] !== null && points.y[k] !== null);
  const back = (k) => (points.faint?.[k] ? 0 : 1); // faint ones lie behind
  return order.sort((a, b) => back(a) - back(b)).map((k) => {
    const group = groups[points.group[k]] ?? {};
    return mark(group.colour, group.marker, s.x(points.x[k]), s.y(points.y[k]), points.faint?.[k] ? 'data-faint="1"' : "");
  }).join("");
}

function said({ points, groups, xlabel, ylabel, unit, xunit }, k) {
  if (k < 0 || k >= points.x.length || points.sample) return ""; // the card of a sample says it
  const name = points.label?.[k] ?? `point ${k}`;
  return `${name} (${groups[points.group[k]]?.name ?? ""}): ${xlabel} ${words(points.x[k], xunit)}, ${ylabel} ${words(points.y[k], unit)}`;
}

function legend(state) {
  const count = (g) => [...state.points.group].filter((k) => Number(k) === g).length;
  return state.groups.map((group, g) => entry(mark(group.colour, group.marker, 16, 0), group.name, count(g))).join("") +
    state.lines.filter((l) => l.name).map((l) =>
      entry(`<path class="lk-path" ${ink(l.colour)} stroke-dasharray="${esc(l.dash ?? "")}" d="M0 0H32"/>`, l.name, "")).join("");
}

function ring(state, part, s, k) {
  const there = k >= 0 && k < state.points.x.length && state.points.x[k] !== null;
  part("hover").innerHTML = there ? `<circle class="lk-ring" cx="${s.x(state.points.x[k])}" cy="${s.y(state.points.y[k])}" r="8"/>` : "";
  part("message").textContent = there ? said(state, k) : "";
}

function nearest(state, s, px, py) {
  let [best, least] = [-1, REACH ** 2];
  state.points.x.forEach((x, k) => {
    const away = (s.x(x) - px) ** 2 + (s.y(state.points.y[k]) - py) ** 2;
    if (away < least) [best, least] = [k, away];
  });
  return best;
}

function draw(state, part) {
  const s = chart.scales(state, chart.dress(state, part, `${alt.named(state, `${state.ylabel} against ${state.xlabel}. ${alt.scatter(state)}`)} Arrow keys go from point to point.`));
  part("still").innerHTML = chart.axes(state, s);
  part("moving").innerHTML = state.lines.map((line) => path(line, s)).join("") + dots(state, s);
  part("legend").innerHTML = legend(state);
  part("hint").textContent = state.points.x.length ? "" : state.hint;
  part("message").hidden = Boolean(state.points.sample);
  ring(state, part, s, marked(state));
  return s;
}

// The point that is marked: of the lit sample, else the chosen one.
function marked({ points, lit, selected }) {
  const k = lit < 0 ? -1 : points.sample?.indexOf(lit) ?? -1;
  return k < 0 ? selected : k;
}

function render({ model, el }) {
  const part = chart.frame(el, "scatter");
  const svg = part("plot").firstElementChild;
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("role", "application");
  let s = null;
  const state = () => ({ ...DEFAULTS, ...chart.read(model, KEYS) });
  const choose = (k) => {
    model.set("selected", k);
    model.save_changes();
  };
  const under = (event) => {
    const box = svg.getBoundingClientRect();
    return nearest(state(), s, event.clientX - box.left, event.clientY - box.top);
  };
  const light = (k) => {
    const { points, selected, lit } = state();
    ring(state(), part, s, k < 0 ? selected : k);
    const sample = points.sample?.[k] ?? -1;
    if (sample !== lit) model.set("lit", sample);
  };
  svg.addEventListener("pointermove", (event) => light(under(event)));
  svg.addEventListener("pointerleave", () => light(-1));
  svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) light(state().selected); });
  svg.addEventListener("blur", () => light(-1));
  svg.addEventListener("click", (event) => choose(under(event)));
  svg.addEventListener("keydown", (event) => {
    const count = state().points.x.length;
    if (!STEPS[event.key] || !count) return;
    event.preventDefault();
    const k = (state().selected + STEPS[event.key] + count) % count;
    choose(k);
    light(k);
  });
  return chart.follow(model, KEYS, part, () => { s = draw(state(), part); });
}

export default { render, DEFAULTS };
