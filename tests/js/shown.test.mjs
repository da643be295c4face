// What a panel shows: the picture of its controls' state and of no other, and the nearest stored one without a kernel.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { load } from "./front.mjs";

const { shown } = load("shown");
const controls = [{ name: "rate" }, { name: "noise" }];
const state = { rate: 2, noise: 0 };
const frame = { picture: { curves: "stored", gallery: "stored" }, message: "stored words" };
const at = (keys) => Object.fromEntries(keys.map((key) => [key, {}]));

test("a live picture of another state is never shown", () => {
  const live = { drawing: { rate: 1, noise: 0 }, drawn: { rate: 1, noise: 0 }, picture: { curves: "of rate 1" }, message: "rate 1", busy: false };
  assert.deepEqual(shown.pictureOf(state, live, frame), { picture: frame.picture, message: "stored words", source: "stored" });
  assert.deepEqual(shown.pictureOf(state, live, undefined), { picture: {}, message: "", source: "none" });
});

test("live parts lie over the stored ones of the same state while it is drawn", () => {
  const live = { drawing: state, drawn: {}, picture: { curves: "live" }, message: "epoch 3", busy: true };
  assert.deepEqual(shown.pictureOf(state, live, frame), { picture: { curves: "live", gallery: "stored" }, message: "epoch 3", source: "stored" });
});

test("a finished picture is live alone", () => {
  const live = { drawing: state, drawn: state, picture: { curves: "live" }, message: "done", busy: false };
  assert.deepEqual(shown.pictureOf(state, live, frame), { picture: { curves: "live" }, message: "done", source: "live" });
});

test("a control goes to the nearest stored setting in the direction of the move", () => {
  const frames = at(["0,0", "4,0", "8,0", "4,1"]);
  const before = { rate: 4, noise: 0 };
  const to = (rate, noise = 0, from = before) => shown.nearestStored(controls, frames, { rate, noise }, from);
  assert.deepEqual(to(5), { rate: 8, noise: 0 }); // one step to the right
  assert.deepEqual(to(3), { rate: 0, noise: 0 }); // one step to the left
  assert.deepEqual(to(7), { rate: 8, noise: 0 });
  assert.deepEqual(to(9, 0, { rate: 8, noise: 0 }), { rate: 8, noise: 0 }); // nothing is stored beyond
  assert.deepEqual(to(8, 1, { rate: 8, noise: 0 }), { rate: 4, noise: 1 }); // a menu keeps its word, the slider follows
  assert.deepEqual(shown.nearestStored(controls, frames, { rate: 5, noise: 0 }, null), { rate: 4, noise: 0 });
  assert.equal(shown.nearestStored(controls, {}, state, before), null);
});

test("the nearest setting is always a stored one, and the search comes to an end", () => {
  const frames = at(["0,0", "3,0", "9,1", "2,2"]);
  for (let rate = 0; rate < 10; rate += 1) for (let noise = 0; noise < 3; noise += 1) for (const key of Object.keys(frames)) {
    const [r, n] = key.split(",").map(Number);
    const found = shown.nearestStored(controls, frames, { rate, noise }, { rate: r, noise: n });
    assert.ok(shown.keyOf(controls, found) in frames);
  }
});

test("stored pictures come through gzip and base64 as they were", async () => {
  const kept = { frames: { "2,0": { picture: { curves: { series: [{ y: [0.25, null] }] } }, message: "größer" } } };
  assert.deepEqual(await shown.unpack(gzipSync(JSON.stringify(kept)).toString("base64")), kept);
  assert.deepEqual(await shown.unpack(""), { frames: {} });
});

test("the words say what to do, whatever is shown", () => {
  for (const source of ["live", "stored", "none"]) assert.match(shown.silence(source), /[Rr]un this cell again/);
  assert.notEqual(shown.silence("stored"), shown.silence("live"));
});

test("references become what they stand for, also inside of shared values", () => {
  const shared = [[1, { $: 1 }], { a: 2 }];
  const frames = { "0": { picture: { $: 0 }, n: null }, "1": [{ $: 1 }] };
  assert.deepEqual(shown.revive(frames, shared), { "0": { picture: [1, { a: 2 }], n: null }, "1": [{ a: 2 }] });
});
