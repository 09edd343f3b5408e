// Runs in the browser's page: shows a report as GitHub would and measures it. `sanitise.js`, `link.js` and Mermaid are loaded.

/** @returns what a test wants to know of the shown report. */
globalThis.showReport = async ({ html, theme, as }) => {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const removed = sanitise(parsed.body);
  const article = document.querySelector("article");
  article.className = `markdown-body ${as}`;
  article.replaceChildren(...document.importNode(parsed.body, true).childNodes);
  linkify(article);
  const made = [...article.querySelectorAll(".gh-made")].map(
    (element) => `${element.className.slice(8)} ${element.textContent}`,
  );
  const diagrams = await drawDiagrams(article, theme);
  await document.fonts.ready;
  return { removed, made, diagrams, ...readPage(article) };
};

async function drawDiagrams(article, theme) {
  // What GitHub shows in its own frame: strict, and with Mermaid's own limits.
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    suppressErrorRendering: true,
    theme: theme === "dark" ? "dark" : "default",
  });
  const drawn = [];
  for (const code of article.querySelectorAll("pre > code.language-mermaid")) {
    try {
      await mermaid.parse(code.textContent);
      const { svg } = await mermaid.render(
        `m${drawn.length}`,
        code.textContent,
      );
      const figure = document.createElement("div");
      figure.className = "diagram";
      figure.innerHTML = svg;
      code.parentElement.replaceWith(figure);
      drawn.push({ ...readDiagram(figure) });
    } catch (error) {
      drawn.push({
        error: String(error?.message ?? error),
        labels: [],
        bad: [],
      });
    }
  }
  return drawn;
}

function readDiagram(figure) {
  const bad = [];
  const box = figure.getBoundingClientRect();
  for (const element of figure.querySelectorAll("*")) {
    if (["script", "a", "img", "image"].includes(element.localName))
      bad.push(`<${element.localName}>`);
    for (const { name } of element.attributes)
      if (name.startsWith("on")) bad.push(`${name} of <${element.localName}>`);
  }
  const labels = [...figure.querySelectorAll("foreignObject")].filter(
    (label) => label.textContent.trim() !== "",
  );
  for (const label of labels) {
    const inner = label.firstElementChild.getBoundingClientRect();
    const outer = label.getBoundingClientRect();
    if (inner.width > outer.width + 1 || inner.right > box.right + 1)
      bad.push(`cut label ${label.textContent}`);
  }
  const { width, height } = figure.firstElementChild.getBoundingClientRect();
  const size = { width: Math.round(width), height: Math.round(height) };
  return { bad, labels: labels.map((label) => label.textContent.trim()), size };
}

function readPage(article) {
  const all = [...article.querySelectorAll("*")];
  const right = article.getBoundingClientRect().right;
  const inScroller = (element) => element.closest("table, pre, .diagram");
  const overflowing = all
    .filter((element) => element.getBoundingClientRect().right > right + 1)
    .filter((element) => !inScroller(element))
    .map(
      (element) => `${element.localName} ${element.textContent.slice(0, 60)}`,
    );
  const scrolling = all
    .filter(({ localName }) => ["table", "pre"].includes(localName))
    .filter((element) => element.scrollWidth > element.clientWidth + 1)
    .map(
      (element) => `${element.localName} ${element.textContent.slice(0, 60)}`,
    );
  return { overflowing, scrolling, ...readStructure(article) };
}

function readStructure(article) {
  const rows = [...article.querySelectorAll("tr")];
  const uneven = rows
    .filter((row) => cellsOf(row) !== cellsOf(row.closest("table").rows[0]))
    .map((row) => row.textContent.slice(0, 60));
  const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  const prose = nodesOf(texts)
    .filter((text) => !text.parentElement.closest("code, pre, .diagram, style"))
    .map((text) => text.data);
  const details = [...article.querySelectorAll("details")];
  return {
    uneven,
    prose,
    text: article.innerText,
    images: [...article.querySelectorAll("img")].map((image) => image.src),
    links: [...article.querySelectorAll("a")].map((link) => link.href),
    folds: details.map(
      (fold) => fold.querySelector("summary")?.innerText ?? "",
    ),
    lastIsOpen: article.lastElementChild?.localName !== "details",
  };
}

const cellsOf = (row) =>
  [...row.cells].reduce((count, cell) => count + cell.colSpan, 0);
