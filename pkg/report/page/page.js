
"use strict";
for (const head of document.querySelectorAll("thead th")) {
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
