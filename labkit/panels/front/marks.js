// What a reader does inside of parts, such as labels that are turned over: it is kept in the panel's state as marks
// {part: list}, and a kernel draws it. Nothing is stored for it; without a kernel some kinds of parts can draw it themselves.

const KINDS = { world };

// The state after marks in a part. An empty list leaves no trace in it.
function next({ marks, ...settings }, name, list) {
  const all = Object.entries({ ...marks, [name]: list }).filter(([, kept]) => kept.length);
  return all.length ? { ...settings, marks: Object.fromEntries(all) } : settings;
}

// Draw marks without a kernel. frame: what is stored for the same controls without marks. show(picture, message) is
// called while it draws, cancelled() says that it need not go on.
async function learn({ parts, controls, state }, frame, show, cancelled) {
  const { kind, name, traits } = parts.find((spec) => state.marks[spec.name]);
  await KINDS[kind].alone({
    declared: traits,
    values: Object.fromEntries(controls.map((spec) => [spec.name, spec.values[state[spec.name]]])),
    marks: state.marks[name],
    shown: frame.picture[name],
    show: (part, message) => show({ ...frame.picture, [name]: part }, message),
    cancelled,
  });
}

// What a view draws of marks when no kernel answers. -> a function of the stored frame of the controls, which says what
// is drawn by now in the words of a model: {drawing, drawn, picture, message, busy}
function learner(model, changed) {
  let own = { drawing: {}, drawn: {}, picture: {}, message: "", busy: false };
  return (frame) => {
    const [parts, controls, state] = ["parts", "controls", "state"].map((key) => model.get(key));
    if (!frame || shown.same(own.drawing, state)) return own;
    const mine = { drawing: state, drawn: {}, picture: {}, message: "", busy: true };
    own = mine;
    const cancelled = () => mine !== own;
    const news = (values) => {
      if (cancelled()) return;
      Object.assign(mine, values);
      changed();
    };
    learn({ parts, controls, state }, frame, (picture, message) => news({ picture, message }), cancelled)
      .then(() => news({ drawn: state, busy: false }), (error) => news({ message: error.message, busy: false }));
    return mine;
  };
}

export default { next, learn, learner };
