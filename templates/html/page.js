"use strict";
for (const box of document.querySelectorAll(".cases")) {
  const controls = box.querySelector(".controls");
  const list = box.querySelector(".list");
  const told = box.querySelector(".told");
  const cases = Array.from(list.children);
  const [words, kind, order] = ["words", "kind", "order"].map((name) => controls.querySelector("[name=" + name + "]"));
  const texts = cases.map((one) => one.textContent.toLowerCase());
  const show = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    cases.forEach((one, n) => {
      const fits = (!kind.value || one.dataset.kind === kind.value) && wanted.every((word) => texts[n].includes(word));
      one.hidden = !fits;
      count += fits;
    });
    told.textContent = count + " of " + cases.length + " shown";
  };
  const sort = () => {
    const by = { change: (one) => 0, id: (one) => one.dataset.id, kind: (one) => one.dataset.kind }[order.value];
    const keyed = cases.map((one, n) => [by(one), n, one]);
    keyed.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
    list.append(...keyed.map((row) => row[2]));
  };
  words.addEventListener("input", show);
  kind.addEventListener("change", show);
  order.addEventListener("change", sort);
  controls.hidden = false;
}
