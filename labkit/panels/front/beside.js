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

// What a curve measures, where its name also says of which setting: "GLC: test accuracy", "test accuracy, GLC"; and the
// method whose it is, "SPL" of "SPL, ε = 30%: test".
const measured = (name) => (name.includes(": ") ? name.split(": ").at(-1) : name.split(", ")[0]);

const whose = (name) => (name.includes(": ") ? name.split(/[,:]/)[0] : "");

// The curves of another run by the shown ones that they are read beside: of the same name, or the only ones that measure
// the same, of the same method first. -> Map(name of a shown curve -> curve of the other run)
function paired(series, others) {
  const pairs = new Map(series.map((c) => [c.name, others.find((o) => o.name === c.name)]).filter(([, o]) => o));
  const pair = (alike) => {
    const left = series.filter((c) => !pairs.has(c.name));
    const free = others.filter((o) => ![...pairs.values()].includes(o));
    left.forEach((c) => {
      const like = (list) => list.filter((other) => alike(other.name, c.name));
      if (like(left).length === 1 && like(free).length === 1) pairs.set(c.name, like(free)[0]);
    });
  };
  pair((a, b) => measured(a) === measured(b) && whose(a) === whose(b));
  pair((a, b) => measured(a) === measured(b));
  return pairs;
}

// Traits with the runs beside them. before: {name, kept} or null, pins: [{n, name, kept}], at: the epoch of the cursor.
function layered({ kind, name }, traits, before, pins, at) {
  const list = LISTS[kind];
  if (!list) return traits;
  const of = (run) => cursor.traits(run?.kept?.[name] ?? {}, at)[list] ?? [];
  if (kind === "bars") {
    const bars = of(before).filter((b) => (traits.bars ?? []).some((now) => now.name === b.name && now.value !== b.value));
    return bars.length ? { ...traits, ghost: { name: before.name, bars } } : traits;
  }
  const series = traits.series ?? [];
  const there = [...series]; // a curve that two pins share is drawn, and named, once
  const drawn = pins.map((pin) => {
    const own = fresh(of(pin), there);
    there.push(...own);
    return { n: pin.n, name: pin.name, pairs: paired(series, of(pin)), drawn: own, differs: fresh(of(pin), series).length > 0 };
  });
  const ghost = fresh(of(before), there);
  const more = ghost.length ? { ghost: { name: before.name, series: ghost } } : {};
  return { ...traits, ...more, pins: drawn.filter((pin) => pin.differs) };
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

// What the legend says of the pins beside a shown curve, where they have a value. read(c): the value of a curve at the cursor, in words.
function others({ pins }, curve, read) {
  const differs = (c) => c && !same([c.x, c.y], [curve.x, curve.y]);
  const found = pins.map((pin) => [pin, pin.pairs.get(curve.name)]).filter(([, c]) => differs(c)).map(([pin, c]) => [pin, read(c)]).filter(([, words]) => words !== "–");
  return found.length ? `<span class="lk-others">${found.map(([pin, words]) => `<span>${NUMBERS[pin.n]} ${esc(words)}</span>`).join("")}</span>` : "";
}

// The name of the run before, for the line of the title: there it takes no place that a legend would have to make. It
// breaks after commas alone.
function was({ ghost }, swatch) {
  return ghost ? `<svg width="24" height="12" viewBox="0 -6 24 12" aria-hidden="true">${swatch}</svg><span>${esc(ghost.name).replace(/([^,]) /g, "$1&nbsp;")}</span>` : "";
}

// The legend's entries of their own: curves of pins that have no counterpart. What the pins are stands above the pictures.
function entries({ pins }, read) {
  const swatch = (c) => `<path class="lk-path" ${ink(c.colour)} stroke-dasharray="${esc(c.dash)}" d="M0 0H32"/>`;
  const alone = (pin) => pin.drawn.filter((c) => ![...pin.pairs.values()].includes(c));
  return pins.flatMap((pin) => alone(pin).map((c) => entry(`<g class="lk-pinned">${swatch(c)}</g>`, `${NUMBERS[pin.n]} ${c.name}`, read(c)))).join("");
}

// The same in rows of a table, for screen readers.
function rows({ pins }, read) {
  return pins.flatMap((pin) => pin.drawn.map((c) => `<tr><th scope="row">${esc(pin.name)}: ${esc(c.name)}</th><td>${esc(read(c))}</td></tr>`)).join("");
}

export default { NUMBERS, kept, differing, fresh, layered, paths, others, entries, was, rows };
