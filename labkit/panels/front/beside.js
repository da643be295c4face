// Runs beside the one that a panel shows: the one before, faint and named, and those that the reader has pinned. Pure
// functions on traits; compare.js keeps the runs, curves.js and bars.js draw what is said here.

const { esc, ink, entry } = chart;
const LISTS = { curves: "series", bars: "bars" }; // what is kept of a kind of part
const NUMBERS = ["①", "②", "③"];
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// What is kept of a finished picture. parts: declared. -> {part: {series or bars, per_epoch}}
function kept(parts, picture) {
  const found = {};
  parts.forEach(({ kind, name }) => {
    const list = LISTS[kind];
    const traits = picture[name] ?? {};
    const plain = list in traits ? { [list]: traits[list] } : {};
    const lists = traits.per_epoch;
    const timed = list && lists && list in lists ? { per_epoch: { epoch: lists.epoch, [list]: lists[list] } } : {};
    if (list && Object.keys({ ...plain, ...timed }).length) found[name] = { ...plain, ...timed };
  });
  return found;
}

// How a setting differs from the one that is shown, in short words: "τ 40 %, ERM".
function differing(controls, state, shown) {
  const others = controls.filter((spec) => state[spec.name] !== shown[spec.name]);
  const called = { slider: (spec) => `${spec.symbol || spec.label} `, choice: () => "", cycle: (spec) => `${spec.name} ` };
  return others.map((spec) => `${called[spec.kind](spec)}${spec.words[state[spec.name]]}`).join(", ");
}

// The curves that another run adds to those that are shown: no single points, and nothing that is drawn already.
function fresh(curves, series) {
  return curves.filter((c) => c.x.length > 1 && !series.some((d) => same([d.x, d.y], [c.x, c.y])));
}

// Traits with the runs beside them. before: {name, kept} or null, pins: [{n, name, kept}], at: the epoch of the cursor.
function layered({ kind, name }, traits, before, pins, at) {
  const list = LISTS[kind];
  if (!list) return traits;
  const of = (run) => cursor.traits(run?.kept?.[name] ?? {}, at)[list] ?? [];
  if (kind === "bars") return of(before).length ? { ...traits, ghost: { name: before.name, bars: of(before) } } : traits;
  const series = traits.series ?? [];
  const ghost = fresh(of(before), series);
  const drawn = pins.map((pin) => ({ n: pin.n, name: pin.name, series: of(pin), drawn: fresh(of(pin), series) }));
  const more = ghost.length ? { ghost: { name: before.name, series: ghost } } : {};
  return { ...traits, ...more, pins: drawn.filter((pin) => pin.drawn.length) };
}

// The curves beside the shown ones. curve(c): draws one; points(c): where it lies in pixels.
function paths({ ghost, pins }, curve, points) {
  const faint = ghost ? `<g class="lk-ghost">${ghost.series.map(curve).join("")}</g>` : "";
  const pinned = pins.map((pin) => `<g class="lk-pinned" data-pin="${pin.n}">${pin.drawn.map((c) => curve(c) + number(pin, points(c))).join("")}</g>`);
  return faint + pinned.join("");
}

// The number of a pin on its curve, for each pin at another place, so that two that lie together can be told apart.
function number({ n }, at) {
  if (!at.length) return "";
  const [x, y] = at[Math.round(((n + 1) / 4) * (at.length - 1))];
  return `<text class="lk-number" x="${x.toFixed(1)}" y="${y.toFixed(1)}" dy=".35em" text-anchor="middle">${NUMBERS[n]}</text>`;
}

// What the legend says of the pins beside a shown curve. read(c): the value of a curve at the cursor, in words.
function others({ pins }, { name }, read) {
  const found = pins.map((pin) => [pin, pin.series.find((c) => c.name === name)]).filter(([, c]) => c);
  return found.length ? `<span class="lk-others">${found.map(([pin, c]) => `<span>${NUMBERS[pin.n]} ${esc(read(c))}</span>`).join("")}</span>` : "";
}

// The legend's entries of their own: the pins, their curves that have no counterpart, and the run before.
function entries({ ghost, pins, series }, read) {
  const swatch = (c) => `<path class="lk-path" ${ink(c.colour)} stroke-dasharray="${esc(c.dash)}" d="M0 0H32"/>`;
  const alone = (pin) => pin.drawn.filter((c) => !series.some((d) => d.name === c.name));
  const named = pins.map((pin) => entry(`<text x="16" dy=".35em" text-anchor="middle">${NUMBERS[pin.n]}</text>`, pin.name, "") +
    alone(pin).map((c) => entry(`<g class="lk-pinned">${swatch(c)}</g>`, `${NUMBERS[pin.n]} ${c.name}`, read(c))).join(""));
  const before = ghost ? entry(`<g class="lk-ghost">${swatch({ colour: "", dash: "" })}</g>`, ghost.name, "") : "";
  return named.join("") + before;
}

// The same in rows of a table, for screen readers.
function rows({ pins }, read) {
  return pins.flatMap((pin) => pin.drawn.map((c) => `<tr><th scope="row">${esc(pin.name)}: ${esc(c.name)}</th><td>${esc(read(c))}</td></tr>`)).join("");
}

export default { NUMBERS, kept, differing, fresh, layered, paths, others, entries, rows };
