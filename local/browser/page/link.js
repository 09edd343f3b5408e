// Runs in the browser's page: makes of plain text what GitHub makes of it after Markdown: mentions, references and mathematics.
// GitHub links only what exists; here everything that has the form is taken to exist.

const forms = [
  [
    "user-mention",
    /(?<![\w/@.`-])@[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\/[\w-]+)?/gi,
  ],
  ["issue-link", /(?<![\w&/])(?:[\w.-]+\/[\w.-]+)?#\d+\b/g],
  ["issue-link", /(?<!\w)GH-\d+\b/gi],
  ["commit-link", /(?<![\w/])[0-9a-f]{40}(?!\w)/g],
  ["math", /\$(?:\$[^$]+\$\$|`[^`]+`\$|(?=\S)[^$\n]*\S\$(?![\w$]))/g],
  ["emoji", /(?<![\w:]):[a-z][\w+-]*:(?!\w)/g],
];

/** Marks every such place in the text of `root`, outside of code and links, with an element of the form's class. */
globalThis.linkify = (root) => {
  for (const [kind, form] of forms) {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (const text of nodesOf(texts)) {
      if (text.parentElement?.closest("a, code, pre, .gh-made")) continue;
      const matches = [...text.data.matchAll(form)];
      // From the end, so that the offsets before stay right.
      for (const match of matches.reverse()) {
        const range = document.createRange();
        range.setStart(text, match.index);
        range.setEnd(text, match.index + match[0].length);
        const made = document.createElement("span");
        made.className = `gh-made ${kind}`;
        range.surroundContents(made);
      }
    }
  }
};
