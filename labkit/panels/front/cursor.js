// The epoch cursor of a panel: one place in time for all parts whose traits have values `per_epoch`:
// {epoch: [0, 1, ...], name: [a value for each of them], ...}. It stands at the newest epoch until the reader moves it.
// "{epoch}" in a title or a caption becomes the epoch that is shown.

const BEAT = 90; // milliseconds between two epochs that are played
const WORDS = ["title", "caption"];
const isDict = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

// The traits at an epoch, of the newest one that is not later; null: the newest. Values that are dicts are laid over.
function traits({ per_epoch: lists, ...plain }, epoch) {
  if (!lists?.epoch.length) return plain;
  const k = place(lists.epoch, epoch);
  const over = (name, value) => (isDict(plain[name]) && isDict(value) ? { ...plain[name], ...value } : value);
  const now = Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, over(name, values[k])]));
  return worded({ ...plain, ...now });
}

function worded(shown) {
  const filled = WORDS.filter((name) => shown[name]?.includes("{epoch}"));
  return { ...shown, ...Object.fromEntries(filled.map((name) => [name, shown[name].replace("{epoch}", shown.epoch)])) };
}

// Where an epoch stands in a list that rises: the last place that is not later.
function place(list, epoch) {
  if (epoch === null) return list.length - 1;
  return Math.max(0, list.findLastIndex((one) => one <= epoch));
}

// The epochs that all parts can show, [] where none has time: parts of a run that trains end earlier than stored ones,
// and some are kept at fewer epochs.
function epochs(parts) {
  const lists = parts.map((shown) => shown.per_epoch?.epoch ?? []).filter((list) => list.length);
  const end = Math.min(...lists.map((list) => list.at(-1)));
  const until = lists.map((list) => list.filter((epoch) => epoch <= end)).filter((list) => list.length);
  return until.reduce((least, list) => (list.length < least.length ? list : least), until[0] ?? []);
}

const HTML =
  '<button type="button" data-step="-1" aria-label="one epoch back">◂</button>' +
  '<button type="button" class="lk-play" aria-label="play">▶</button>' +
  '<button type="button" data-step="1" aria-label="one epoch on">▸</button>' +
  '<input type="range" min="0" step="1" aria-label="epoch"><output></output>';

// Make the cursor in an element. moved(): called when the reader or the clock has moved it.
function make(el, moved) {
  el.innerHTML = HTML;
  const [back, play, on, range, output] = el.children;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const cursor = { at: null, list: [], timer: null, drawing: null }; // at: an epoch, null for the newest
  const last = () => cursor.list.length - 1;
  const stop = () => {
    clearInterval(cursor.timer);
    cursor.timer = null;
  };
  const go = (k) => {
    cursor.at = k >= last() ? null : cursor.list[Math.max(k, 0)];
    if (cursor.at === null) stop();
    draw();
    moved();
  };
  const here = () => place(cursor.list, cursor.at);
  const newest = () => { stop(); cursor.at = null; draw(); };
  const draw = () => {
    el.hidden = cursor.list.length < 2;
    if (el.hidden) return;
    range.max = last();
    range.value = here();
    output.textContent = `epoch ${cursor.list[here()]} of ${cursor.list[last()]}`;
    range.setAttribute("aria-valuetext", output.textContent);
    back.setAttribute("aria-disabled", here() === 0);
    on.setAttribute("aria-disabled", here() === last());
    play.hidden = still.matches; // who wants less motion steps
    play.textContent = cursor.timer ? "❚❚" : "▶";
    play.setAttribute("aria-label", cursor.timer ? "pause" : "play");
    el.dataset.playing = cursor.timer ? "1" : "0";
  };
  play.addEventListener("click", () => {
    if (cursor.timer) {
      stop();
      draw();
      return;
    }
    cursor.timer = setInterval(() => go(here() + 1), BEAT);
    go(here() === last() ? 0 : here());
  });
  [back, on].forEach((button) => button.addEventListener("click", () => { stop(); go(here() + Number(button.dataset.step)); }));
  range.addEventListener("input", () => { stop(); go(Number(range.value)); });
  still.addEventListener("change", () => { stop(); go(last()); });
  return {
    get epoch() { return cursor.list[here()] ?? null; }, // that is shown
    // parts: their traits. drawing: the state of a run that trains, "" for none; a new one is watched from its start.
    show(parts, drawing) {
      if (drawing && drawing !== cursor.drawing) newest();
      cursor.drawing = drawing || cursor.drawing;
      cursor.list = epochs(parts);
      draw();
    },
    newest,
    stop,
  };
}

export default { make, traits, epochs };
