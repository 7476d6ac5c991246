"use strict";
(() => {
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const statusOf = (id) => document.querySelector(`[data-status="${id}"]`);
  const said = new Map();

  function say(table, what, text) {
    const parts = said.get(table) ?? new Map();
    said.set(table, parts.set(what, text));
    const line = statusOf(table.id);
    if (line) line.textContent = [...parts.values()].filter(Boolean).join(" · ");
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    for (const head of heads) {
      if (!head.dataset.sort) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, heads, head));
    }
  }

  function sort(table, heads, head) {
    const numbers = head.dataset.sort === "number";
    const now = head.getAttribute("aria-sort");
    const down = now ? now === "ascending" : numbers;
    const column = head.cellIndex;
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => {
      const cell = row.cells[column];
      const text = cell?.dataset.value ?? cell?.textContent.trim() ?? "";
      return { row, missing: text === "", key: numbers ? Number(text) : text };
    });
    keyed.sort((a, b) => {
      if (a.missing || b.missing) return a.missing - b.missing;
      const order = numbers ? a.key - b.key : collator.compare(a.key, b.key);
      return down ? -order : order;
    });
    body.append(...keyed.map((one) => one.row));
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    say(table, "sort", `sorted by ${head.textContent.trim()}, ${down ? "descending" : "ascending"}`);
  }

  function filtering(form) {
    const table = document.getElementById(form.dataset.for);
    if (!table) return;
    const selects = [...form.querySelectorAll("select")];
    const search = form.querySelector("input");
    const texts = new Map();
    const textOf = (row) => {
      if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
      return texts.get(row);
    };
    function apply() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const chosen = selects.filter((one) => one.value !== "*").map((one) => [one.dataset.key, one.value.slice(1)]);
      let shown = 0;
      const rows = table.tBodies[0].rows;
      for (const row of rows) {
        row.hidden = !(chosen.every(([key, value]) => row.dataset[key] === value) &&
          words.every((word) => textOf(row).includes(word)));
        if (!row.hidden) shown += 1;
      }
      const all = rows.length.toLocaleString("en");
      say(table, "filter", shown === rows.length ? `${all} shown` : `${shown.toLocaleString("en")} of ${all} shown`);
    }
    let waiting;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(apply, 120);
    });
    for (const one of selects) one.addEventListener("change", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    form.hidden = false;
    apply();
  }

  for (const table of document.querySelectorAll("table[data-sorts]")) sortable(table);
  for (const form of document.querySelectorAll("form[data-for]")) filtering(form);

  for (const link of document.querySelectorAll("a[data-key]")) {
    link.addEventListener("click", () => {
      const form = document.querySelector('form[data-for="findings-table"]');
      if (!form) return;
      form.reset();
      const select = form.querySelector(`select[data-key="${link.dataset.key}"]`);
      select.value = `=${link.dataset.value}`;
      if (select.selectedIndex < 0) select.value = "*";
      select.dispatchEvent(new Event("change"));
    });
  }
})();
