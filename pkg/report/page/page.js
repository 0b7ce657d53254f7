
"use strict";
for (const head of document.querySelectorAll("#table thead th")) {
  head.querySelector("button").addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    const rows = head.closest("table").tBodies[0];
    const key = (row) => row.cells[head.cellIndex].dataset.key ?? row.cells[head.cellIndex].textContent;
    const sorted = [...rows.rows].sort((a, b) => key(a).localeCompare(key(b), "en", { numeric: true }));
    rows.append(...(up ? sorted : sorted.reverse()));
    for (const other of head.parentElement.cells) {
      other.setAttribute("aria-sort", other === head ? (up ? "ascending" : "descending") : "none");
    }
  });
}
const filters = document.getElementById("filters");
if (filters) {
  const rows = [...document.querySelectorAll("#table tbody tr")];
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const selects = [...filters.querySelectorAll("select")];
  const filter = () => {
    const words = document.getElementById("search").value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const fits = selects.every((select) => !select.value || row.dataset[select.dataset.filter] === select.value);
      row.hidden = !fits || !words.every((word) => texts.get(row).includes(word));
      shown += row.hidden ? 0 : 1;
    }
    document.getElementById("shown").value = `${shown} of ${rows.length} files`;
  };
  for (const select of selects) {
    const values = new Set(rows.map((row) => row.dataset[select.dataset.filter]));
    select.append(...[...values].filter(Boolean).sort().map((value) => new Option(value)));
  }
  filters.addEventListener("input", filter);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.hidden = false;
  filter();
}
