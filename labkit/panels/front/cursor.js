// The epoch cursor of a panel: one place in time for all parts whose traits have values `per_epoch`:
// {epoch: [0, 1, ...], name: [a value for each of them], ...}. It stands at the newest epoch until the reader moves it.

const BEAT = 90; // milliseconds between two epochs that are played

// The traits at the cursor. at: position in the lists, null for the newest.
function traits({ per_epoch: lists, ...plain }, at) {
  if (!lists) return plain;
  const k = place(lists.epoch.length, at);
  return { ...plain, ...Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, values[k]])) };
}

const place = (count, at) => (at === null ? count - 1 : Math.min(at, count - 1));

// The longest list of epochs among the traits of several parts, [] where none has time.
function epochs(parts) {
  const lists = parts.map((shown) => shown.per_epoch?.epoch ?? []);
  return lists.reduce((best, list) => (list.length > best.length ? list : best), []);
}

const HTML =
  '<button type="button" data-step="-1" aria-label="one epoch back">◂</button>' +
  '<button type="button" class="lk-play" aria-label="play">▶ Play</button>' +
  '<button type="button" data-step="1" aria-label="one epoch on">▸</button>' +
  '<input type="range" min="0" step="1" aria-label="epoch"><output></output>';

// Make the cursor in an element. moved(): called when the reader or the clock has moved it.
function make(el, moved) {
  el.innerHTML = HTML;
  const [back, play, on, range, output] = el.children;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const cursor = { at: null, list: [], timer: null };
  const last = () => cursor.list.length - 1;
  const stop = () => {
    clearInterval(cursor.timer);
    cursor.timer = null;
  };
  const go = (k) => {
    cursor.at = k >= last() ? null : Math.max(k, 0);
    if (cursor.at === null) stop();
    draw();
    moved();
  };
  const here = () => place(cursor.list.length, cursor.at);
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
    play.textContent = cursor.timer ? "❚❚ Pause" : "▶ Play";
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
    get at() { return cursor.at; },
    show(parts) { cursor.list = epochs(parts); draw(); },
    newest() { stop(); cursor.at = null; draw(); },
    stop,
  };
}

export default { make, traits, epochs };
