// Plain SGD with momentum on a small network (two inputs, two hidden layers with ReLU, two classes), in float64. Each
// step is that of labkit.fit with the method ERM, from the same weights and in the same order; tests/js compares them.

// Numbers that were packed as float32 in base64.
function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return Float64Array.from(new Float32Array(bytes.buffer));
}

// A network is its widths and its parameters in one array: weights [outputs, inputs] and biases, layer by layer.
function network(start, width) {
  const widths = [2, width, width, 2];
  const layers = [];
  let offset = 0;
  for (let k = 0; k + 1 < widths.length; k++) {
    const [inputs, outputs] = [widths[k], widths[k + 1]];
    layers.push({ inputs, outputs, weight: offset, bias: offset + inputs * outputs });
    offset += inputs * outputs + outputs;
  }
  const parameters = Float64Array.from(start);
  if (parameters.length !== offset) throw Error(`${parameters.length} parameters; a network of width ${width} has ${offset}`);
  return { layers, parameters, velocity: null };
}

// What every layer gives for one sample, hidden ones after their ReLU. -> [inputs, hidden, hidden, logits]
function forward({ layers, parameters }, x) {
  const values = [x];
  layers.forEach(({ inputs, outputs, weight, bias }, k) => {
    const given = values[k];
    const made = new Float64Array(outputs);
    for (let j = 0; j < outputs; j++) {
      let sum = parameters[bias + j];
      const row = weight + j * inputs;
      for (let i = 0; i < inputs; i++) sum += parameters[row + i] * given[i];
      made[j] = k + 1 < layers.length && sum < 0 ? 0 : sum;
    }
    values.push(made);
  });
  return values;
}

// Add the gradient of one sample's cross-entropy, times `share`, to `gradient`.
function backward({ layers, parameters }, values, y, share, gradient) {
  const [a, b] = values[layers.length];
  const p = 1 / (1 + Math.exp(a - b)); // of class 1
  let pull = Float64Array.of(share * (1 - p - (y === 0 ? 1 : 0)), share * (p - (y === 1 ? 1 : 0)));
  for (let k = layers.length - 1; k >= 0; k--) {
    const { inputs, outputs, weight, bias } = layers[k];
    const below = new Float64Array(inputs);
    for (let j = 0; j < outputs; j++) {
      if (pull[j] === 0) continue;
      const row = weight + j * inputs;
      gradient[bias + j] += pull[j];
      for (let i = 0; i < inputs; i++) {
        gradient[row + i] += pull[j] * values[k][i];
        below[i] += pull[j] * parameters[row + i];
      }
    }
    for (let i = 0; i < inputs; i++) if (values[k][i] <= 0) below[i] = 0; // ReLU lets nothing back; inputs need none
    pull = below;
  }
}

// One step on a batch of samples. points: [[x, y], ...]; labels: a class for each.
function step(net, points, labels, batch, { lr, momentum }) {
  const gradient = new Float64Array(net.parameters.length);
  for (const i of batch) backward(net, forward(net, points[i]), labels[i], 1 / batch.length, gradient);
  const velocity = net.velocity ?? gradient.map(() => 0);
  for (let k = 0; k < gradient.length; k++) {
    velocity[k] = momentum * velocity[k] + gradient[k];
    net.parameters[k] -= lr * velocity[k];
  }
  net.velocity = velocity;
}

// One epoch in the given order of samples.
function epoch(net, points, labels, order, recipe) {
  for (let k = 0; k < order.length; k += recipe.batch) step(net, points, labels, order.slice(k, k + recipe.batch), recipe);
}

// The margin of the logits at a point: above 0 it is class 1.
function margin(net, point) {
  const [a, b] = forward(net, point).at(-1);
  return b - a;
}

// What the network believes before the first step and after the epochs `looks`, as labkit.lessons.l00.study.look says it.
// world: what the part declares; given: labels as a text of digits. -> {epoch, grid, believed, new} by turns
function* looks(world, given, width) {
  const { points, training } = world;
  const net = network(unpacked(training.starts[width]), width);
  const labels = Array.from(given, Number);
  const grid = contour.places(world);
  const digit = (point) => (margin(net, point) > 0 ? "1" : "0");
  const look = (k) => ({
    epoch: k,
    grid: grid.map((point) => contour.level(margin(net, point), training.softness)).join(""),
    believed: points.map(digit).join(""),
    new: training.new.points.filter((point, i) => digit(point) === training.new.truth[i]).length / training.new.points.length,
  });
  yield look(0);
  for (let k = 1; k <= training.orders.length; k++) {
    epoch(net, points, labels, training.orders[k - 1], training);
    if (training.looks.includes(k)) yield look(k);
  }
}

export default { unpacked, network, epoch, margin, looks };
