// Makes the headings of the tables buttons that sort. The page is complete without it.
document.querySelectorAll("table.sortable").forEach((table) => {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const key = (row, column) => {
    const cell = row.cells[column];
    if (!cell || cell.colSpan > 1) return null;
    if (column === 0) return cell.textContent;
    return cell.dataset.key === undefined ? null : Number(cell.dataset.key);
  };
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const sign = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      [...body.rows]
        .map((row) => [key(row, column), row])
        .sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : sign * compare(a, b)))
        .forEach(([, row]) => body.append(row));
    });
  });
});
