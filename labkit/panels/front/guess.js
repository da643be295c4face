// The reader's guess, and how it stands to what was measured.

const { esc, words } = chart;
const GUESS = "#E69F00";

// How a guess stands to the band that was measured, in words.
function verdict({ unit, low, high, seeds }, guess) {
  const range = unit === "choice" ? [...new Set([low, high])].join(" or ") : low === high ? words(low, unit) : `${words(low, unit)} to ${words(high, unit)}`;
  const measured = `measured: ${range} (${seeds} seeds)`;
  if (unit === "choice") return `${measured}; ${guess === low || guess === high ? "right" : "not so"}`;
  const off = guess < low ? low - guess : guess > high ? guess - high : 0;
  if (!off) return `${measured}; inside`;
  return `${measured}; ${unit === "percent" ? `${+(100 * off).toFixed(1)} points` : +off.toPrecision(2)} too ${guess < low ? "low" : "high"}`;
}

function asked(question, model) {
  const form = document.createElement("form");
  form.className = "lk-ask";
  const field = question.options
    ? `<select name="guess" aria-label="your guess">${question.options.map((o) => `<option>${esc(o)}</option>`).join("")}</select>`
    : `<input name="guess" type="number" step="any" required aria-label="your guess${question.unit === "percent" ? " in percent" : ""}">${question.unit === "percent" ? " %" : ""}`;
  form.innerHTML = `<span class="lk-question">${esc(question.words)}</span> <span class="lk-field">${field} <button type="submit">Keep my guess</button></span>`;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = form.elements.guess.value;
    model.set("guess", question.options ? given : question.unit === "percent" ? Number(given) / 100 : Number(given));
    model.save_changes();
  });
  return form;
}

function guessed(question, model, foot) {
  const guess = model.get("guess");
  const none = guess === null || guess === undefined;
  if (none && !foot.querySelector("form")) foot.replaceChildren(asked(question, model));
  if (none) return;
  const said = `You guessed ${words(guess, question.unit === "choice" ? "" : question.unit)}`;
  foot.innerHTML = `<span class="lk-question">${esc(question.words)}</span> <span class="lk-score">` +
    `${esc(said)}; ${question.low === undefined ? "nothing is stored to compare it with" : esc(verdict(question, guess))}.</span>`;
}

// The guess and the measured band, as marks in the part that the question names.
function withGuess(part, traits, question, guess) {
  if (guess === null || guess === undefined || question?.part !== part.name || question.unit === "choice") return traits;
  if (part.kind === "bars") return { ...traits, guess: { name: question.x, value: guess } };
  const star = { name: "your guess", x: [question.x], y: [guess], colour: GUESS, dash: "", marker: "star", guess: true };
  const band = { name: "measured over seeds", x: [question.x, question.x], y: [question.low, question.high], colour: GUESS, dash: "", marker: "dash", guess: true };
  return { ...traits, series: [...(traits.series ?? []), star, ...(question.low === undefined ? [] : [band])] };
}

function make({ model, find }) {
  const question = model.get("question");
  return {
    show() { if (question?.words) guessed(question, model, find("foot")); },
    layer: (part, traits) => withGuess(part, traits, question, model.get("guess")),
  };
}

export default { make };
