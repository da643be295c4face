// A small table of words and numbers. columns, rows: texts; marked: positions of the rows that matter.

const { esc } = chart;
const DEFAULTS = { columns: [], rows: [], marked: [], title: "", height: 0, caption: "", hint: "" };
const KEYS = Object.keys(DEFAULTS);

function draw(state, el) {
  const numeric = (c) => state.rows.every((row) => typeof row[c] === "number" || /^[−–+-]?[\d.,]+ ?(%|s|points)?$|^–$/.test(String(row[c])));
  const style = (c) => (c && numeric(c) ? ' class="lk-figure"' : "");
  const body = state.rows.map((row, r) =>
    `<tr${state.marked.includes(r) ? ' data-marked="1"' : ""}>${row.map((v, c) => (c ? `<td${style(c)}>${esc(v ?? "–")}</td>` : `<th scope="row">${esc(v)}</th>`)).join("")}</tr>`);
  el.children[0].innerHTML = `<caption>${esc(state.title)}</caption><thead><tr>${state.columns.map((name, c) => (name ? `<th scope="col"${style(c)}>${esc(name)}</th>` : "<td></td>")).join("")}</tr></thead><tbody>${body.join("")}</tbody>`;
  el.style.minHeight = `${state.height}px`;
  el.children[1].textContent = state.rows.length ? state.caption : state.hint;
  el.setAttribute("aria-label", state.title);
  if (el.scrollWidth > el.clientWidth) el.tabIndex = 0; // arrow keys scroll what has the focus
  else el.removeAttribute("tabindex");
}

function render({ model, el }) {
  el.classList.add("lk-chart", "lk-table");
  el.setAttribute("role", "group");
  el.innerHTML = '<table></table><p class="lk-caption"></p>';
  return chart.follow(model, KEYS, () => el.children[0], () => draw({ ...DEFAULTS, ...chart.read(model, KEYS) }, el));
}

export default { render, DEFAULTS };
