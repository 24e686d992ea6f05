"use strict";
(() => {
  const table = document.getElementById("meetings");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const controls = document.getElementById("filters");
  const [word, office, conflicts] = ["word", "office", "conflicts"].map((id) => document.getElementById(id));
  const count = document.getElementById("count");

  const offices = rows.map((row) => Array.from(row.querySelectorAll("[data-office]"), (cell) => cell.dataset.office));
  for (const name of Array.from(new Set(offices.flat())).sort()) office.add(new Option(name, name));
  controls.hidden = false;

  function filter() {
    const wanted = word.value.trim().toLowerCase();
    let shown = 0;
    rows.forEach((row, place) => {
      const fits =
        texts[place].includes(wanted) &&
        (!office.value || offices[place].includes(office.value)) &&
        (!conflicts.checked || row.dataset.conflicts !== "0");
      row.hidden = !fits;
      shown += fits;
    });
    count.textContent = `${shown} of ${rows.length}`;
  }
  for (const control of [word, office, conflicts]) control.addEventListener("input", filter);
  filter();

  const collator = new Intl.Collator(undefined, { numeric: true });
  Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keys = new Map(rows.map((row) => [row, row.cells[column].dataset.key ?? row.cells[column].textContent.trim()]));
      const sorted = rows.slice().sort((a, b) => collator.compare(keys.get(a), keys.get(b)) * (down ? -1 : 1));
      body.append(...sorted);
    });
  });
})();
