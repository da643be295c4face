// The training in the page against labkit's: LABKIT_REFERENCE names what tests/test_front.py has trained.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "./front.mjs";

const { contour, train } = load("contour", "train");
const { world, cases, frames } = JSON.parse(readFileSync(process.env.LABKIT_REFERENCE, "utf8"));
const { training } = world;

const furthest = (a, b) => a.reduce((most, value, k) => Math.max(most, Math.abs(value - b[k])), 0);
const differing = (a, b) => Array.from(a).filter((digit, k) => digit !== b[k]).length;

for (const { width, batch, given, epochs, parameters } of cases) {
  test(`${epochs} epochs of width ${width} in batches of ${batch} end with labkit's weights`, () => {
    const net = train.network(train.unpacked(training.starts[width]), width);
    const start = net.parameters.slice();
    for (const order of training.orders.slice(0, epochs)) {
      train.epoch(net, world.points, Array.from(given, Number), order, { ...training, batch });
    }
    assert.equal(net.parameters.length, parameters.length);
    assert.ok(furthest(net.parameters, parameters) < 1e-6, `${furthest(net.parameters, parameters)}`);
    assert.ok(furthest(start, parameters) > 1e-2, "nothing was learnt");
  });
}

test("other labels, another order or another batch end with other weights", () => {
  const [{ width, batch, given, epochs, parameters }] = cases;
  const wrong = [
    { given: given.replace("0", "1") }, { batch: batch - 3 }, { orders: training.orders.map((order) => [...order].reverse()), batch: 7 }, { lr: 0.09 },
  ];
  for (const change of wrong) {
    const setting = { ...training, batch, given, ...change };
    const net = train.network(train.unpacked(training.starts[width]), width);
    for (const order of setting.orders.slice(0, epochs)) train.epoch(net, world.points, Array.from(setting.given, Number), order, setting);
    assert.ok(furthest(net.parameters, parameters) > 1e-4, JSON.stringify(change).slice(0, 40));
  }
});

for (const [width, shown] of Object.entries(frames)) {
  test(`what the page trains at width ${width} is what is stored`, () => {
    const looks = [...train.looks(world, shown.given, Number(width))];
    assert.deepEqual(looks.map((look) => look.epoch), shown.per_epoch.epoch);
    looks.forEach((look, k) => {
      assert.ok(differing(look.grid, shown.per_epoch.grid[k]) <= 0.03 * look.grid.length, `grid at epoch ${look.epoch}`);
      assert.ok(differing(look.believed, shown.per_epoch.believed[k]) <= 1, `belief at epoch ${look.epoch}`);
      assert.ok(Math.abs(look.new - shown.per_epoch.new[k]) < 0.02, `new points at epoch ${look.epoch}`);
    });
  });
}

test("a network of another width is refused", () => {
  assert.throws(() => train.network(train.unpacked(training.starts[4]), 5), /width 5 has/);
});

test("the arrow keys reach every point of the world from every other", () => {
  const arrows = [[1, 0], [-1, 0], [0, 1], [0, -1]];
  for (const first of [0, 17, 39]) {
    const seen = new Set([first]);
    for (const k of seen) arrows.forEach((arrow) => seen.add(contour.neighbour(world.points, k, arrow)));
    assert.equal(seen.size, world.points.length);
  }
});
