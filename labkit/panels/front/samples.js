// The samples of a panel. A drawing may hand over a table of them, `samples` {index, given, true, sprite, per_epoch} (see
// labkit/panels/samples.py; with `images` the sprite has the whole training set, so many), and parts name theirs: a
// gallery by `samples` [ids], points by `points.sample` [ids], faces by their items. One sample is lit, under the pointer
// or in focus: all parts show it, and a card says what is known of it at the cursor's epoch. One is chosen, by a click:
// the part that is declared as `life` draws its life.

const { esc, words } = chart;
const COLUMNS = 12; // images in a row of the table's sprite
const SIZE = 56; // pixels of the card's image
const GAP = 8; // pixels between a sample and its card
const LIFE = "The life of one label";
const ROW = "Row under the axis: the label that the network believes after each epoch.";
const KEYS = [["given", "believes the given label"], ["true", "believes the true label"], ["other", "believes another class"]];

// A sample's value in a column: a list or a text with one for each, or one for all.
const of = (column, k) => (Array.isArray(column) || typeof column === "string" ? column[k] : column);

// What is known of a sample at an epoch. -> {index, place, given, true, epoch, loss, ...}; null where nothing is.
function about(table, id, epoch) {
  const k = table?.index.indexOf(id) ?? -1;
  if (k < 0) return null;
  const now = table.per_epoch ? cursor.traits({ per_epoch: table.per_epoch }, epoch) : {};
  const values = Object.entries(now).map(([name, column]) => [name, name === "epoch" ? column : of(column, k)]);
  const place = table.images ? id : k;
  return { index: id, place, given: table.given[k], true: table.true[k], ...Object.fromEntries(values) };
}

// How many images the sprite of a table has: those of its samples, or of the whole training set.
const images = (table) => table.images ?? table.index.length;

// What became of a label; "" where no network has seen it.
function fate({ given, true: truth, believed }) {
  if (believed === undefined) return "";
  if (believed === given) return given === truth ? "fitted" : "memorised";
  return believed === truth ? "corrected" : "neither";
}

// The tiles of a gallery. fates: for each the position of its fate in `groups`; without it, what became of its label.
function tiles(table, { samples, fates, groups = [], signs = [], votes }, epoch) {
  return samples.map((id, k) => {
    const sample = about(table, id, epoch);
    const end = fates ? groups[fates[k]].name : fate(sample);
    const sign = signs.find(({ name }) => name === end);
    const doubt = sample.doubt === undefined ? "" : `doubt ${words(sample.doubt, "percent")}`;
    return { index: id, place: sample.place, given: sample.given, true: sample.true, fate: end || doubt, mark: sign, ...(votes ? { votes: votes[k] } : {}) };
  });
}

// The life of a sample, as traits of curves. lives: columns of the table by epoch
function life(table, id) {
  const { index, given, true: truth } = about(table, id, null);
  const k = table.index.indexOf(id);
  const { epoch: x, loss, weight, believed } = table.per_epoch;
  const kind = (label) => (label === given ? "given" : label === truth ? "true" : "other");
  const line = (name, column, look) => ({ name, x, y: column.map((values) => of(values, k)), ...look });
  return {
    series: [
      line("loss of the given label (nats)", loss, { colour: "#CC79A7", dash: "", marker: "circle" }),
      line("weight (1 = plain SGD)", weight, { colour: "#0072B2", dash: "7 3", marker: "square" }),
    ],
    strip: {
      name: "believed label by epoch",
      cells: believed.map((labels, e) => ({ x: x[e], text: labels[k], kind: kind(labels[k]) })),
      keys: KEYS.map(([name, text]) => ({ kind: name, name: text })),
    },
    title: `${LIFE}: sample ${index}, given ${given === truth ? `${given}, which is right` : `${given}, true label ${truth}`}`,
    caption: ROW,
    per_epoch: { epoch: x },
  };
}

// What the card of a sample says, line by line; the first is its name. more: lines of the part
function lines(sample, more = []) {
  const { given, true: truth, believed, epoch, loss, weight, doubt, cut } = sample;
  const whose = believed === given ? ", the given label" : believed === truth ? ", the true label" : "";
  const measured = [
    loss === undefined ? "" : `loss ${words(loss, "number")} nats`,
    weight === undefined ? "" : weight === 0 ? "left out" : `weight ${words(weight, "number")}`,
    doubt === undefined ? "" : `chance that the label is wrong ${words(doubt, "percent")}`,
  ].filter(Boolean).join(", ");
  return [
    `sample ${sample.index}`,
    given === truth ? `given ${given}, which is right` : `given ${given}, true ${truth}`,
    believed === undefined ? "" : `after epoch ${epoch} the network says ${believed}${whose}`,
    cut === undefined ? "" : `the cut labels say ${cut}`,
    measured,
    ...more,
  ].filter(Boolean);
}

// Where the card stands, in pixels of the panel: above the sample, below it where there is no room, inside of the panel.
function spot(anchor, card, room) {
  const left = Math.min(Math.max(anchor.left + anchor.width / 2 - card.width / 2, 0), Math.max(room.width - card.width, 0));
  const above = anchor.top - GAP - card.height;
  return { left, top: above >= room.top ? above : anchor.top + anchor.height + GAP };
}

// --- what a part shows of samples

const idOf = (part, k) => (part.kind === "scatter" ? part.get("points").sample?.[k] ?? -1 : k);
const placeOf = (part, id) => (part.kind === "scatter" ? part.get("points").sample?.indexOf(id) ?? -1 : id);
const SHOWING = ["gallery", "scatter", "faces", "world"];
const ALONE = ["faces", "world"]; // they know their samples without a table

function element(panel, part, id) {
  const box = panel.el.querySelector(`.lk-part[data-part="${part.name}"]`);
  return box?.querySelector(`[data-index="${id}"], [data-point="${id}"]`) ?? box?.querySelector(".lk-hover .lk-ring") ?? null;
}

// How far landmarks lie from others on average, as a share of the image's width.
function apart(marks, others) {
  return words(marks.reduce((sum, [x, y], k) => sum + Math.hypot(x - others[k][0], y - others[k][1]), 0) / marks.length, "percent");
}

// What is known of a face: its name, and how far its marks lie from the true ones.
function faced({ items, marks, moving, epoch }, k) {
  if (!items[k]) return [];
  const [given, truth, said] = ["given", "true", "the network"].map((name) => [...marks, ...moving].find((m) => m.name === name)?.points[k]);
  if (!truth) return [items[k].name];
  return [
    items[k].name,
    given ? `given landmarks: ${apart(given, truth)} of the width from the true ones` : "",
    said ? `the network's after epoch ${epoch}: ${apart(said, truth)} from the true ones${given ? `, ${apart(said, given)} from the given ones` : ""}` : "",
  ];
}

const face = (part, k) => faced(chart.read(part, ["items", "marks", "moving", "epoch"]), k);

// What a part knows of a sample beside the table: the place of its point, the marks of a face.
function told(part, id) {
  if (part.kind === "world") return world.told({ ...world.DEFAULTS, ...chart.read(part, Object.keys(world.DEFAULTS)) }, id);
  if (part.kind === "faces") return face(part, part.get("items").findIndex(({ index }) => index === id));
  if (part.kind !== "scatter") return [];
  const [points, k] = [part.get("points"), placeOf(part, id)];
  const axis = (name, label) => `${part.get(label)} ${words(points[name][k], part.get(name === "x" ? "xunit" : "unit"))}`;
  const group = part.get("groups")[Number(points.group[k])]?.name ?? "";
  const places = part.get("read") ? [group, `${axis("x", "xlabel")}, ${axis("y", "ylabel")}`] : [];
  return [...places, points.label?.[k] ?? ""];
}

function image(panel, part, sample) {
  if (part.kind === "faces") return "";
  const { sprite } = panel.table;
  const rows = Math.ceil(images(panel.table) / COLUMNS);
  const at = `${-SIZE * (sample.place % COLUMNS)}px ${-SIZE * Math.floor(sample.place / COLUMNS)}px`;
  return `<span class="lk-image" style="background-image:url(${sprite});background-size:${SIZE * COLUMNS}px ${SIZE * rows}px;background-position:${at}"></span>`;
}

function fill(panel, card, { id, from }) {
  const sample = about(panel.table, id, panel.time.epoch);
  const said = sample ? lines(sample, told(from, id).filter(Boolean)) : told(from, id);
  const html = `${sample ? image(panel, from, sample) : ""}<span class="lk-told">${said.map((line, k) => (k ? `<span>${esc(line)}</span>` : `<b>${esc(line)}</b>`)).join("")}</span>`;
  if (card.last !== html) card.el.innerHTML = card.last = html;
}

function put(panel, card, { id, from }) {
  const anchor = element(panel, from, id)?.getBoundingClientRect();
  if (!anchor) return;
  const outer = panel.el.getBoundingClientRect();
  const bar = panel.find("controls").getBoundingClientRect().bottom; // it stays in sight, and nothing may hide it
  const { left, top } = spot(
    { left: anchor.left - outer.left, top: anchor.top - outer.top, width: anchor.width, height: anchor.height },
    { width: card.el.offsetWidth, height: card.el.offsetHeight },
    { width: outer.width, top: Math.max(bar, 0) - outer.top },
  );
  card.el.style.left = `${left}px`;
  card.el.style.top = `${top}px`;
}

function make(panel) {
  const card = { el: document.createElement("div"), last: "" };
  let lit = { id: -1, from: null };
  let [chosen, before] = [-1, new Map()];
  card.el.className = "lk-card";
  card.el.setAttribute("role", "status");
  panel.el.append(card.el);
  const showing = () => [...panel.parts.values()].filter(({ kind }) => SHOWING.includes(kind));
  const naming = () => showing().filter((part) => (part.kind === "scatter" ? part.get("points").sample : part.kind !== "world"));
  const show = () => {
    const known = lit.id >= 0 && lit.from && (panel.table?.index.includes(lit.id) || ALONE.includes(lit.from.kind));
    card.el.toggleAttribute("data-open", Boolean(known));
    if (!known) return;
    fill(panel, card, lit);
    put(panel, card, lit);
  };
  const light = (id, from) => {
    if (id === lit.id) return;
    lit = { id, from };
    showing().forEach((part) => {
      part.own.lit = id;
      part.tell(["lit"]);
    });
    queueMicrotask(show); // parts draw first
  };
  const close = (event) => {
    if (event.key !== "Escape" || lit.id < 0) return;
    event.stopPropagation();
    light(-1, null);
  };
  panel.el.addEventListener("keydown", close);
  showing().forEach((part) => part.on("change:lit", () => light(part.own.lit ?? -1, part)));
  const mark = () => naming().forEach((part) => { // every part shows the chosen sample, wherever it stands by now
    const place = placeOf(part, chosen);
    before.set(part, place);
    if (part.own.selected === place) return;
    part.own.selected = place;
    part.tell(["selected"]);
  });
  return {
    begin({ picture }) {
      panel.table = picture.samples ?? panel.table;
      const moved = naming().find((part) => part.own.selected !== (before.get(part) ?? -1));
      if (moved) chosen = idOf(moved, moved.own.selected);
    },
    layer(part, traits) {
      if (!panel.table) return traits;
      if (part.kind === "gallery" && traits.samples) {
        const shown = { ...part.declared, ...traits };
        return { ...traits, items: tiles(panel.table, shown, panel.time.epoch), sprite: panel.table.sprite, columns: COLUMNS, count: images(panel.table) };
      }
      if (!part.declared.life || !panel.table.per_epoch || !panel.table.index.includes(chosen)) return traits;
      return cursor.traits(life(panel.table, chosen), panel.time.epoch);
    },
    show() { mark(); show(); },
    stop() { card.el.remove(); },
  };
}

export default { make, about, fate, tiles, life, lines, spot, faced };
