// Moves, a feature of a panel: buttons that set its controls, and pin what stands beside, and then a sentence on what to
// look at, until the controls leave that setting. The trait `moves`: [{words, look, state, beside: [states]}].

const { esc } = chart;
const { ask } = controls;
const MOST_PINS = 3;

// Is a state that of a move? What the reader has marked counts, too.
function reached(specs, move, state) {
  return shown.keyOf(specs, move.state) === shown.keyOf(specs, state) && shown.same(move.state.marks ?? {}, state.marks ?? {});
}

// The pins after a move: those of the move before go, the reader's own stay where there is room.
function pinned(pins, placed, next, nameOf) {
  const names = [...placed, ...next].map(nameOf);
  const own = pins.filter((pin) => !names.includes(nameOf(pin)));
  return [...own.slice(0, MOST_PINS - next.length), ...next];
}

function make({ model, find, time }) {
  const moves = model.get("moves") ?? [];
  if (!moves.length) return {};
  const specs = model.get("controls");
  const nameOf = (state) => shown.keyOf(specs, state);
  const box = document.createElement("span");
  box.className = "lk-moves";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "moves");
  box.innerHTML = `<span>Try</span>${moves.map((move) => `<button type="button" aria-pressed="false">${esc(move.words)}</button>`).join("")}`;
  const look = document.createElement("p");
  look.className = "lk-look";
  look.setAttribute("role", "status");
  find("tools").prepend(box, look);
  let pressed = null; // the move whose setting is shown
  const press = (k) => {
    const placed = pressed === null ? [] : moves[pressed].beside;
    const pins = pinned(model.get("pins") ?? [], placed, moves[k].beside, nameOf);
    time.newest();
    if (!shown.same(pins, model.get("pins") ?? [])) model.set("pins", pins);
    pressed = k; // not before: the pins are drawn while the state is still another
    ask(model, moves[k].state);
  };
  [...box.querySelectorAll("button")].forEach((button, k) => button.addEventListener("click", () => press(k)));
  return {
    show() {
      if (pressed !== null && !reached(specs, moves[pressed], model.get("state"))) pressed = null;
      [...box.querySelectorAll("button")].forEach((button, k) => button.setAttribute("aria-pressed", k === pressed));
      const words = pressed === null ? "" : moves[pressed].look;
      if (look.textContent !== words) look.textContent = words;
    },
  };
}

export default { make, reached, pinned };
