// What a panel shows: the live pictures of the controls' state, where there are none the stored ones, and whether a
// kernel answers. Pure functions; panel.js puts them on the page.

const SILENCE = 1500; // milliseconds after which a view that asked says that no kernel answers
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const keyOf = (controls, state) => controls.map((c) => state[c.name]).join(",");

// The stored pictures: {frames, ...}, from gzipped JSON in base64; no frames where nothing is stored.
async function unpack(text) {
  if (!text) return { frames: {} };
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const { shared = [], ...kept } = await new Response(plain).json();
  return { ...kept, frames: revive(kept.frames, shared) };
}

// A value with what its references {"$": place among the shared values} stand for; labkit.panels.sharing makes them.
function revive(value, shared, known = []) {
  if (Array.isArray(value)) return value.map((inner) => revive(inner, shared, known));
  if (value === null || typeof value !== "object") return value;
  if ("$" in value) return (known[value.$] ??= revive(shared[value.$], shared, known));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, revive(inner, shared, known)]));
}

// The pictures of a state: each part from the drawing that runs or is done, else from what is stored.
// live {drawing, drawn, picture, message, busy}: of the kernel. -> {picture, message, source: live | stored | none}
function pictureOf(state, live, frame) {
  const current = same(live.drawing, state) ? live.picture : {};
  const whole = same(live.drawn, state) && !live.busy;
  const picture = { ...(whole ? {} : frame?.picture), ...current };
  const message = (same(live.drawing, state) && live.message) || frame?.message || "";
  return { picture, message, source: whole ? "live" : frame ? "stored" : "none" };
}

// The nearest stored state that lies where the reader moved to: from the state before, in the direction of the move.
// Where nothing is stored in that direction, the state before, or the nearest of all. null where nothing is stored.
function nearestStored(controls, frames, state, before) {
  const positions = Object.keys(frames).map((key) => key.split(",").map(Number));
  const wanted = controls.map((c) => state[c.name]);
  const moves = controls.map((c) => Math.sign(state[c.name] - (before?.[c.name] ?? state[c.name])));
  const onTheWay = (at) => moves.every((move, c) => !move || Math.sign(at[c] - before[controls[c].name]) === move);
  const far = (at) => at.reduce((sum, k, c) => sum + Math.abs(k - wanted[c]) * (moves[c] ? 1 : 1000), 0); // others stay
  const named = (at) => Object.fromEntries(controls.map((c, k) => [c.name, at[k]]));
  const nearest = (candidates) => candidates.reduce((least, at) => (far(at) < far(least) ? at : least));
  const ahead = positions.filter(onTheWay);
  if (ahead.length) return named(nearest(ahead));
  if (before && frames[keyOf(controls, before)]) return before;
  return positions.length ? named(nearest(positions)) : null;
}

// What stands in the panel when no kernel answers.
function silence(source) {
  const gone = "No kernel answers: it is busy with another cell, or it has gone.";
  return source === "live" ? `${gone} Run this cell again to go on.` : source === "stored"
    ? `${gone} This is a stored run; run this cell again for live ones.`
    : `${gone} Nothing is stored for this setting: run this cell again.`;
}

export default { SILENCE, same, keyOf, unpack, revive, pictureOf, nearestStored, silence };
