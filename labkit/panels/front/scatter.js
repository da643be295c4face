// Points in a plane with fixed axes, in named groups; one can be chosen by a click or with the arrow keys.
// points: {x, y, group, label, faint}; groups: [{name, colour, marker}]; lines: [{name, x, y, colour, dash}].

const { esc, ink, words, mark, entry } = chart;
const DEFAULTS = {
  points: { x: [], y: [], group: [] }, groups: [], lines: [], title: "", xlabel: "", ylabel: "", xlim: [0, 1], ylim: [0, 1],
  unit: "number", xunit: "number", xscale: "linear", yscale: "linear", height: 300, caption: "", hint: "", selected: -1,
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
  if (k < 0 || k >= points.x.length) return "";
  const name = points.label?.[k] ?? `point ${k}`;
  return `${name} (${groups[points.group[k]]?.name ?? ""}): ${xlabel} ${words(points.x[k], xunit)}, ${ylabel} ${words(points.y[k], unit)}`;
}

function legend(state) {
  const count = (g) => state.points.group.filter((k) => k === g).length;
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
  ring(state, part, s, state.selected);
  return s;
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
  svg.addEventListener("pointermove", (event) => { const k = under(event); ring(state(), part, s, k < 0 ? state().selected : k); });
  svg.addEventListener("pointerleave", () => ring(state(), part, s, state().selected));
  svg.addEventListener("click", (event) => choose(under(event)));
  svg.addEventListener("keydown", (event) => {
    const count = state().points.x.length;
    if (!STEPS[event.key] || !count) return;
    event.preventDefault();
    choose((state().selected + STEPS[event.key] + count) % count);
  });
  return chart.follow(model, KEYS, part, () => { s = draw(state(), part); });
}

export default { render, DEFAULTS };
