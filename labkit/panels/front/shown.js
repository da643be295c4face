// What a panel shows: the live pictures of the controls' state, where there are none the stored ones, and whether a
// kernel answers. Pure functions; panel.js puts them on the page.

const SILENCE = 1500; // milliseconds after which a view that asked says that no kernel answers
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const keyOf = (controls, state) => controls.map((c) => state[c.name]).join(",");

// The stored pictures: {frames}, from the gzipped JSON of the trait `kept`; {} where nothing is stored.
async function unpack(text) {
  if (!text) return { frames: {} };
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(plain).json();
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

// The stored state that is nearest: each control goes to the nearest position that is stored with the others.
function nearestStored(controls, frames, state) {
  const far = (key) => key.split(",").reduce((sum, k, c) => sum + Math.abs(Number(k) - state[controls[c].name]), 0);
  const keys = Object.keys(frames);
  if (!keys.length) return null;
  const best = keys.reduce((least, key) => (far(key) < far(least) ? key : least));
  return Object.fromEntries(controls.map((c, k) => [c.name, Number(best.split(",")[k])]));
}

// What stands in the panel when no kernel answers.
function silence(source) {
  const gone = "No kernel answers: it is busy with another cell, or it has gone.";
  return source === "live" ? `${gone} Run this cell again to go on.` : source === "stored"
    ? `${gone} This is a stored run; run this cell again for live ones.`
    : `${gone} Nothing is stored for this setting: run this cell again.`;
}

export default { SILENCE, same, keyOf, unpack, pictureOf, nearestStored, silence };
