// The samples of a panel, from a table of them: tiles, lives, cards.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./front.mjs";

const { samples } = load("chart", "cursor", "samples");
const table = {
  index: [4, 7], given: "33", true: "38", sprite: "...",
  per_epoch: { epoch: [1, 2], loss: [[0.5, 2], [0.25, 1]], weight: [1, [1, 0]], believed: ["38", "53"] },
};

test("a sample is known at every epoch", () => {
  const wrong = { index: 7, place: 1, given: "3", true: "8" };
  assert.deepEqual(samples.about(table, 7, 1), { ...wrong, epoch: 1, loss: 2, weight: 1, believed: "8" });
  assert.deepEqual(samples.about(table, 7, null), { ...wrong, epoch: 2, loss: 1, weight: 0, believed: "3" });
  assert.equal(samples.about(table, 5, 1), null);
  const { per_epoch, ...plain } = table;
  assert.deepEqual(samples.about(plain, 7, 1), wrong);
  assert.equal(samples.about({ ...plain, images: 1294 }, 7, 1).place, 7); // in a sprite of the whole training set
});

test("a label is fitted, memorised, corrected or neither", () => {
  const fates = [["3", "3", "3"], ["3", "8", "3"], ["3", "8", "8"], ["3", "8", "5"], ["3", "3", "8"]];
  const found = fates.map(([given, truth, believed]) => samples.fate({ given, true: truth, believed }));
  assert.deepEqual(found, ["fitted", "memorised", "corrected", "neither", "neither"]);
  assert.equal(samples.fate({ given: "3", true: "8" }), "");
});

test("tiles follow the epoch, and have the mark of their fate", () => {
  const signs = ["given ≠ true", { name: "corrected", colour: "blue", marker: "diamond" }];
  const [tile] = samples.tiles(table, { samples: [7], signs }, 1);
  assert.deepEqual(tile, { index: 7, place: 1, given: "3", true: "8", fate: "corrected", mark: signs[1] });
  assert.equal(samples.tiles(table, { samples: [7], signs }, 2)[0].fate, "memorised");
  const groups = [{ name: "kept" }, { name: "dropped" }];
  assert.deepEqual(samples.tiles(table, { samples: [7, 4], fates: "10", groups }, 2).map((one) => one.fate), ["dropped", "kept"]);
});

test("a life has the sample's own numbers", () => {
  const { series, strip, title } = samples.life(table, 7);
  assert.deepEqual(series.map((line) => line.y), [[2, 1], [1, 0]]);
  assert.deepEqual(strip.cells, [{ x: 1, text: "8", kind: "true" }, { x: 2, text: "3", kind: "given" }]);
  assert.equal(title, "The life of one label: sample 7, given 3, true label 8");
  assert.match(samples.life(table, 4).title, /sample 4, given 3, which is right/);
});

test("the card says what is known, and no more", () => {
  assert.deepEqual(samples.lines(samples.about(table, 7, 2), ["stands for 5"]), [
    "sample 7", "given 3, true 8", "after epoch 2 the network says 3, the given label", "loss 1 nats, left out", "stands for 5",
  ]);
  assert.deepEqual(samples.lines({ index: 4, given: "3", true: "3" }), ["sample 4", "given 3, which is right"]);
});

test("the card stands above its sample, or below it, and never beside the panel", () => {
  const [card, room] = [{ width: 200, height: 80 }, { width: 360, top: 50 }];
  assert.deepEqual(samples.spot({ left: 100, top: 300, width: 40, height: 40 }, card, room), { left: 20, top: 212 });
  assert.deepEqual(samples.spot({ left: 340, top: 100, width: 20, height: 20 }, card, room), { left: 160, top: 128 });
  assert.equal(samples.spot({ left: 0, top: 300, width: 40, height: 40 }, card, room).left, 0);
  assert.equal(samples.spot({ left: 0, top: 300, width: 40, height: 40 }, { width: 400, height: 9 }, room).left, 0);
});

test("the card of a face says how far its marks lie from the true ones, where they are known", () => {
  const marks = [{ name: "given", points: [[[0.2, 0.2], [0.4, 0.4]]] }, { name: "true", points: [[[0.5, 0.6], [0.4, 0.5]]] }];
  const face = { items: [{ index: 9, name: "face 9" }], marks, moving: [{ name: "the network", points: [[[0.2, 0.2], [0.4, 0.2]]] }], epoch: 3 };
  assert.deepEqual(samples.faced(face, 0), [
    "face 9", "given landmarks: 30% of the width from the true ones",
    "the network's after epoch 3: 40% from the true ones, 10% from the given ones",
  ]);
  assert.deepEqual(samples.faced({ ...face, moving: [] }, 0).slice(1), ["given landmarks: 30% of the width from the true ones", ""]);
  assert.deepEqual(samples.faced({ ...face, marks: [] }, 0), ["face 9"]);
  assert.deepEqual(samples.faced(face, -1), []);
});
