// Small images with marks on them. marks: [{name, colour, marker, points: per image [[x, y], ...]}], x and y in [0, 1]
// from the upper left corner; a mark that flies off its image is seen at the edge. moving: more of them, at the epoch.

const { esc, mark, entry } = chart;
const DEFAULTS = { sprite: "", columns: 12, items: [], marks: [], moving: [], lit: -1, size: 112, title: "", height: 0, caption: "", hint: "", selected: -1 };
const KEYS = Object.keys(DEFAULTS).filter((key) => key !== "lit"); // a face that lights up is not drawn anew, it keeps the focus
const ROOM = 14; // pixels around an image in which marks still show

const all = ({ marks, moving }) => [...marks, ...moving];

// The photographs, without marks. They are made once for a sprite, because a browser reads it anew each time it is set.
function photographs(state) {
  const { size, columns, items, sprite } = state;
  const rows = Math.ceil(items.length / columns);
  const side = size + 2 * ROOM;
  return items.map((item, k) => {
    const face = `background-image:url(${sprite});background-size:${size * columns}px ${size * rows}px;` +
      `background-position:${-size * (k % columns)}px ${-size * Math.floor(k / columns)}px`;
    return `<button type="button" class="lk-face" data-index="${item.index}" style="width:${side}px">` +
      `<span class="lk-photo" style="width:${size}px;height:${size}px;margin:${ROOM}px;${face}"></span>` +
      `<svg class="lk" width="${side}" height="${side}" viewBox="${-ROOM} ${-ROOM} ${side} ${side}" aria-hidden="true"></svg>` +
      `<span class="lk-words">${esc(item.name)}</span></button>`;
  }).join("");
}

function marked(face, k, state) {
  const edge = (v) => Math.min(Math.max(v * state.size, -ROOM + 4), state.size + ROOM - 4);
  const one = ({ points, colour, marker }) => (points[k] ?? []).map(([x, y]) => mark(colour, marker, edge(x), edge(y))).join("");
  face.children[1].innerHTML = all(state).map(one).join("");
  face.setAttribute("aria-pressed", state.items[k].index === state.selected);
}

function draw(state, el) {
  const [head, grid, legend, caption] = el.children;
  const { sprite, items, size, columns } = state;
  const shown = JSON.stringify([items, size, columns]);
  if (grid.shown !== shown || grid.sprite !== sprite) {
    const focused = [...grid.children].indexOf(document.activeElement);
    Object.assign(grid, { shown, sprite });
    grid.innerHTML = photographs(state) || esc(state.hint);
    grid.children[focused]?.focus();
  }
  items.forEach((_, k) => marked(grid.children[k], k, state));
  head.textContent = state.title;
  grid.setAttribute("aria-label", alt.named(state, alt.faces(state)));
  legend.innerHTML = all(state).map((m) => entry(mark(m.colour, m.marker, 16, 0), m.name, "")).join("");
  caption.textContent = state.caption;
}

function render({ model, el }) {
  el.classList.add("lk-chart", "lk-faces");
  el.innerHTML = '<div class="lk-head lk-title"></div><div class="lk-row" role="group"></div><ul class="lk-legend"></ul><p class="lk-caption"></p>';
  const grid = el.children[1];
  grid.addEventListener("click", (event) => {
    const button = event.target.closest(".lk-face");
    if (!button) return;
    model.set("selected", Number(button.dataset.index));
    model.save_changes();
  });
  const lit = (id) => { if (id !== model.get("lit")) model.set("lit", id); };
  const under = (event) => lit(Number(event.target.closest?.(".lk-face")?.dataset.index ?? -1));
  grid.addEventListener("pointerover", under);
  grid.addEventListener("pointerleave", () => lit(-1));
  grid.addEventListener("focusin", under);
  grid.addEventListener("focusout", () => lit(-1));
  model.on("change:lit", () => [...grid.children].forEach((face) => face.toggleAttribute("data-lit", face.dataset.index === String(model.get("lit")))));
  return chart.follow(model, KEYS, () => grid, () => draw({ ...DEFAULTS, ...chart.read(model, KEYS) }, el));
}

export default { render, DEFAULTS };
