// What a reader moves: sliders, menus, buttons that cycle. The state is in the model: {control: position of its value}.

const { esc } = chart;

// Set the state, and want an answer.
function ask(model, state) {
  model.set("state", state);
  model.set("asked", (model.get("asked") ?? 0) + 1);
  model.save_changes();
}

function control(spec, model) {
  const value = () => model.get("state")[spec.name];
  const set = (k) => ask(model, { ...model.get("state"), [spec.name]: k });
  const called = `${spec.label} ${spec.symbol}`.trim();
  const label = document.createElement("label");
  label.className = `lk-control lk-${spec.kind}`;
  const text = `<span class="lk-called">${esc(spec.label)}${spec.symbol ? ` <var>${esc(spec.symbol)}</var>` : ""}</span>`;
  const make = { slider: () => ranged(spec, label, text, set), choice: () => chosen(spec, label, text, set), cycle: () => cycled(spec, label, set, value) };
  const show = make[spec.kind]();
  const input = label.querySelector("input, select, button");
  if (spec.kind !== "cycle") input.setAttribute("aria-label", called); // a button is called what stands on it
  input.dataset.control = spec.name;
  return { label, show: () => show(value()) };
}

function ranged(spec, label, text, set) {
  label.innerHTML = `${text}<input type="range" min="0" max="${spec.values.length - 1}" step="1"><output></output>`;
  const [, input, output] = label.children;
  input.addEventListener("input", () => set(Number(input.value)));
  output.style.minWidth = `${Math.max(...spec.words.map((w) => w.length))}ch`;
  return (k) => {
    if (Number(input.value) !== k) input.value = k;
    output.textContent = spec.words[k];
    input.setAttribute("aria-valuetext", spec.words[k]);
  };
}

function chosen(spec, label, text, set) {
  label.innerHTML = `${text}<select>${spec.words.map((w, k) => `<option value="${k}">${esc(w)}</option>`).join("")}</select>`;
  const select = label.lastElementChild;
  select.addEventListener("change", () => set(Number(select.value)));
  return (k) => { select.value = k; };
}

function cycled(spec, label, set, value) {
  label.innerHTML = `<button type="button">${esc(spec.label)}${spec.symbol ? ` <var>${esc(spec.symbol)}</var>` : ""} <span></span></button>`;
  const button = label.firstElementChild;
  button.addEventListener("click", () => set((value() + 1) % spec.values.length));
  return (k) => { button.lastElementChild.textContent = `(now ${spec.words[k]})`; };
}

export default { control, ask };
