// A grid of small images as buttons. The whole state is in the model (get, set, on, off, save_changes),
// so that the same file works in JupyterLab and on a page without a kernel.

// items: [{index, given, true, fate, mark: {colour, marker} of its fate, place of its image in the sprite}]; count: images
// in the sprite; signs: texts and named marks for the head; samples, fates, groups, votes: what samples.js makes items from.
// votes: for each sample the labels of its annotators, a text that stands below the labels.
const { esc, mark } = chart;
const DEFAULTS = {
  items: [], sprite: "", columns: 12, count: null, selected: -1, lit: -1, title: "", signs: [], caption: "", samples: null, fates: null, groups: [], votes: null,
};
const KEYS = Object.keys(DEFAULTS);
const STEPS = { ArrowRight: () => 1, ArrowLeft: () => -1, ArrowDown: (row) => row, ArrowUp: (row) => -row };
const SIZE = 32; // of an image on the screen, in pixels

function name(item) {
  const truth = item.true === item.given ? "which is right" : `true ${item.true}`;
  const votes = item.votes ? `, votes ${[...item.votes].join(" ")}` : "";
  return `given ${item.given}, ${truth}${votes}, sample ${item.index}${item.fate ? `, ${item.fate}` : ""}`;
}

function tile(button, item, k, model) {
  const columns = model.get("columns");
  const rows = Math.ceil((model.get("count") ?? model.get("items").length) / columns);
  const place = item.place ?? k;
  const image = button.firstElementChild;
  const wrong = item.true !== item.given;
  if (image.sprite !== model.get("sprite")) { // a browser reads a long address anew each time it is set
    image.sprite = model.get("sprite");
    image.style.backgroundImage = `url(${image.sprite})`;
  }
  image.style.backgroundSize = `${SIZE * columns}px ${SIZE * rows}px`;
  image.style.backgroundPosition = `${-SIZE * (place % columns)}px ${-SIZE * Math.floor(place / columns)}px`;
  button.setAttribute("aria-pressed", item.index === model.get("selected"));
  button.toggleAttribute("data-lit", item.index === model.get("lit"));
  button.dataset.index = item.index;
  button.dataset.fate = item.fate || "";
  button.lastElementChild.textContent = name(item);
  const [given, truth, sign] = [...button.children[1].children];
  given.textContent = item.given;
  truth.textContent = wrong ? `≠ ${item.true}` : "";
  sign.innerHTML = item.mark ? swatch(item.mark) : "";
  button.children[2].textContent = item.votes ?? "";
}

const swatch = ({ colour, marker }) => `<svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">${mark(colour, marker, 0, 0)}</svg>`;
const sign = (one) => `<span class="lk-sign">${typeof one === "string" ? esc(one) : `${swatch(one)} ${esc(one.name)}`}</span>`;

function empty() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "lk-tile";
  button.innerHTML = '<span class="lk-image"></span><span class="lk-words" aria-hidden="true"><b></b><span></span><i></i></span><small class="lk-votes" aria-hidden="true"></small><span class="lk-hidden"></span>';
  return button;
}

function draw(model, grid, head) {
  const items = model.get("items");
  while (grid.children.length > items.length) grid.lastElementChild.remove();
  while (grid.children.length < items.length) grid.append(empty());
  items.forEach((item, k) => tile(grid.children[k], item, k, model));
  const chosen = items.findIndex((item) => item.index === model.get("selected"));
  const focused = [...grid.children].indexOf(document.activeElement);
  const stop = Math.max(focused, chosen, 0); // one tab stop for the whole grid
  [...grid.children].forEach((button, k) => { button.tabIndex = k === stop ? 0 : -1; });
  head.firstElementChild.textContent = model.get("title");
  head.lastElementChild.innerHTML = model.get("signs").map(sign).join("");
  grid.nextElementSibling.textContent = model.get("caption") ?? "";
  grid.setAttribute("aria-label", alt.named({ title: model.get("title"), caption: model.get("caption") }, alt.gallery({ items })));
}

function move(event, grid) {
  const buttons = [...grid.children];
  const here = buttons.indexOf(document.activeElement);
  const row = buttons.filter((b) => b.offsetTop === buttons[0].offsetTop).length;
  const step = STEPS[event.key]?.(row);
  if (here < 0 || step === undefined || !buttons[here + step]) return;
  event.preventDefault();
  event.stopPropagation(); // arrows would move the notebook's cell
  buttons[here].tabIndex = -1;
  buttons[here + step].tabIndex = 0;
  buttons[here + step].focus();
}

function render({ model, el }) {
  el.classList.add("lk-gallery");
  el.innerHTML = '<div class="lk-head"><b></b><span></span></div><div class="lk-grid" role="group"></div><p class="lk-caption"></p>';
  const [head, grid] = el.children;
  const again = () => draw(model, grid, head);
  KEYS.forEach((key) => model.on(`change:${key}`, again));
  grid.addEventListener("keydown", (event) => move(event, grid));
  grid.addEventListener("click", (event) => {
    const button = event.target.closest(".lk-tile");
    if (!button) return;
    model.set("selected", Number(button.dataset.index));
    model.save_changes();
  });
  const lit = (id) => { if (id !== model.get("lit")) model.set("lit", id); };
  const under = (event) => lit(Number(event.target.closest?.(".lk-tile")?.dataset.index ?? -1));
  grid.addEventListener("pointerover", under);
  grid.addEventListener("pointerleave", () => lit(-1));
  grid.addEventListener("focusin", under);
  grid.addEventListener("focusout", () => lit(-1));
  again();
  return () => KEYS.forEach((key) => model.off?.(`change:${key}`, again));
}

export default { render, DEFAULTS };
