// Runs in the browser's page: takes out of a document what GitHub takes out of users' Markdown, and says what that was.
// The list is that of GitHub's published html-pipeline (SanitizationFilter), as far as reports could meet it.

const elements = new Set(
  (
    "h1 h2 h3 h4 h5 h6 br b i strong em a pre code img tt div ins del sup sub p ol ul table thead tbody tfoot blockquote dl dt dd " +
    "kbd q samp var hr ruby rt rp li tr td th s strike summary details caption figure figcaption abbr bdo cite dfn mark small " +
    "source span time wbr picture"
  ).split(" "),
);
const everywhere = new Set(
  "align alt border char colspan dir headers height id lang name open rowspan start title valign width".split(
    " ",
  ),
);
const special = {
  a: ["href"],
  img: ["src"],
  source: ["srcset"],
  blockquote: ["cite"],
};
const protocols = /^(?:https?:|mailto:|[^:]*$|[/#?])/i;

/** Cleans `root` in place. Returns what was taken out, in words; the comments that hide our markers are no news. */
globalThis.sanitise = (root) => {
  const removed = [];
  for (const element of [...root.querySelectorAll("*")]) {
    const name = element.localName;
    if (isTaskBox(element)) continue;
    if (!elements.has(name)) {
      removed.push(`<${name}>`);
      if (["script", "style", "iframe", "object", "svg"].includes(name))
        element.remove();
      else element.replaceWith(...element.childNodes);
      continue;
    }
    for (const { name: attribute, value } of [...element.attributes]) {
      if (allowed(name, attribute, value)) continue;
      removed.push(`${attribute}="${value}" of <${name}>`);
      element.removeAttribute(attribute);
    }
  }
  const comments = document.createTreeWalker(root, NodeFilter.SHOW_COMMENT);
  for (const comment of nodesOf(comments)) comment.remove();
  return removed;
};

function allowed(element, attribute, value) {
  // The language of a fenced block, and the classes of the alerts, are GitHub's own doing.
  if (attribute === "class")
    return (
      (element === "code" && /^language-[\w-]+$/.test(value)) ||
      /^markdown-alert(?:-\w+| markdown-alert-\w+)$/.test(value)
    );
  if (special[element]?.includes(attribute)) return protocols.test(value);
  return everywhere.has(attribute);
}

function isTaskBox(element) {
  return (
    element.localName === "input" &&
    element.type === "checkbox" &&
    element.disabled
  );
}

/** All nodes of a walker, as a list that stays while they are changed. */
globalThis.nodesOf = (walker) => {
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
};
