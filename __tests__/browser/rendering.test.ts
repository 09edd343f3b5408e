// The renderer that the report's tests trust: each thing it is there to notice is noticed, and plain good Markdown is not.
import {
  openBrowser,
  type ReportBrowser,
  type Shown,
} from "../../local/browser/browser.ts";
import { findChromium } from "../../local/browser/chromium.ts";
import { chromium, describeInBrowser } from "../fixtures/chromium.ts";

jest.setTimeout(60_000);

const good = `<!-- hidden -->
### Gate \`prod\`

**1 to create**, costs $5 to $6 a month; mail \`a@b.example\`, \`@octocat\` and \`#1\`

| route | methods |
| --- | --- |
| \`/openai/{proxy+}\` | GET, POST |
| \`a\\|b\` | @\u200boctocat |

\`\`\`mermaid
flowchart LR
  c0(["team-a"]) --> r0["GET, POST /openai/{proxy+}"]
  r0 --> u0[/"openai"/]
\`\`\`

<details><summary>All changes</summary>

\`\`\`diff
+ gate
\`\`\`

</details>

---
[run](https://github.com/acme/app/actions/runs/1)
`;

const silent = {
  removed: [],
  made: [],
  overflowing: [],
  scrolling: [],
  uneven: [],
  stray: [],
  images: [],
};

describeInBrowser("a report in a browser", () => {
  let browser: ReportBrowser;
  beforeAll(async () => {
    browser = await openBrowser(chromium);
  });
  afterAll(() => browser.close());

  const show = (markdown: string): Promise<Shown> =>
    browser.show(markdown, { as: "comment", theme: "light" });

  test.each(["light", "dark"] as const)(
    "good Markdown is shown without a complaint, %s",
    async (theme) => {
      const shown = await browser.show(good, { as: "comment", theme });
      expect(shown).toMatchObject({
        ...silent,
        diagrams: [
          {
            bad: [],
            labels: ["team-a", "GET, POST /openai/{proxy+}", "openai"],
          },
        ],
        folds: ["All changes"],
        lastIsOpen: true,
        links: ["https://github.com/acme/app/actions/runs/1"],
      });
      expect(shown.diagrams[0]?.error).toBeUndefined();
      expect(shown.text).toContain("@\u200boctocat");
      expect(shown.text).not.toContain("hidden");
      expect(
        Buffer.from(await shown.screenshot())
          .subarray(1, 4)
          .toString(),
      ).toBe("PNG");
    },
  );

  test("a fold hides what is in it", async () => {
    expect((await show(good)).text).not.toContain("+ gate");
    expect(
      (await show(good.replace("<details>", "<details open>"))).text,
    ).toContain("+ gate");
  });

  test("a comment breaks lines where its text does, a summary does not", async () => {
    const text = "one\ntwo";
    expect((await show(text)).text).toBe("one\ntwo");
    expect(
      (await browser.show(text, { as: "summary", theme: "light" })).text,
    ).toBe("one two");
  });

  test.each<[string, string, Partial<Shown>]>([
    ["a script", "x <script>alert(1)</script>", { removed: ["<script>"] }],
    [
      "a handler",
      `<b onclick="x()">b</b>`,
      { removed: [`onclick="x()" of <b>`] },
    ],
    [
      "a style",
      `<p style="color:red">b</p>`,
      { removed: [`style="color:red" of <p>`] },
    ],
    [
      "a frame",
      "<iframe src=https://x.example></iframe>",
      { removed: ["<iframe>"] },
    ],
    [
      "a script's address",
      "[a](javascript:x)",
      { removed: [`href="javascript:x" of <a>`] },
    ],
    ["a mention", "ask @octocat", { made: ["user-mention @octocat"] }],
    [
      "a team's mention",
      "ask @acme/ops!",
      { made: ["user-mention @acme/ops"] },
    ],
    [
      "a mention by its character's number",
      "ask &#64;octocat",
      { made: ["user-mention @octocat"] },
    ],
    ["a reference", "fixes #12", { made: ["issue-link #12"] }],
    [
      "another repository's",
      "see o/r#2 and GH-3",
      { made: ["issue-link o/r#2", "issue-link GH-3"] },
    ],
    [
      "a commit",
      `at ${"0af1".repeat(10)}`,
      { made: [`commit-link ${"0af1".repeat(10)}`] },
    ],
    ["mathematics", "is $x^2$ here", { made: ["math $x^2$"] }],
    ["an emoji's name", "so :smile: now", { made: ["emoji :smile:"] }],
    [
      "an image",
      "![i](http://x.example/y.png)",
      { images: ["http://x.example/y.png"] },
    ],
    [
      "a row that is too long",
      "| a | b |\n|---|---|\n| 1 | 2 | 3 |",
      { uneven: ["| 1 | 2 | 3 |"] },
    ],
    [
      "a row that is too short",
      "| a | b |\n|---|---|\n| 1 |",
      { uneven: ["| 1 |"] },
    ],
    [
      "a pipe in code",
      "| a | b |\n|---|---|\n| `x|y` | 2 |",
      { uneven: ["| `x|y` | 2 |"] },
    ],
    ["a table that is none", "text\n| 1 | 2 |", { stray: ["| 1 | 2 |"] }],
    [
      "an uneven HTML table",
      "<table><tr><th>a</th></tr><tr><td>1</td><td>2</td></tr></table>",
      { uneven: ["12"] },
    ],
    [
      "an open fold",
      "<details><summary>all</summary>\n\nfoot",
      { lastIsOpen: false },
    ],
    [
      "a fold without a summary",
      "<details>x</details>\n\nfoot",
      { folds: [""] },
    ],
  ])("%s is noticed", async (_name, markdown, noticed) => {
    expect(await show(markdown)).toMatchObject({ ...silent, ...noticed });
  });

  test("what is too wide is noticed: code and tables scroll, text runs out", async () => {
    const wide = "x".repeat(300);
    expect((await show("```\n" + wide + "\n```")).scrolling).toHaveLength(1);
    expect(
      (await show(`| a |\n|---|\n| \`${wide}\` |`)).scrolling,
    ).toHaveLength(1);
    expect((await show(`<hr width="2000">`)).overflowing).toHaveLength(1);
    expect(await show(`# ${wide}`)).toMatchObject(silent);
  });

  test.each([
    ["does not parse", "flowchart LR\n  a[[[", /Parse error/],
    [
      "has too many edges",
      `flowchart LR\n${"  a --> b\n".repeat(501)}`,
      /edges/i,
    ],
    [
      "is too long",
      `flowchart LR\n  a["${"x ".repeat(26_000)}"]`,
      /size|length|long/i,
    ],
  ])("a diagram that %s has its error", async (_name, diagram, error) => {
    const { diagrams } = await show("```mermaid\n" + diagram + "\n```");
    expect(diagrams).toHaveLength(1);
    expect(diagrams[0]?.error ?? diagrams[0]?.labels.join()).toMatch(error);
  });

  test("a link or a script in a diagram is noticed or never gets there", async () => {
    const { diagrams } = await show(
      '```mermaid\nflowchart LR\n  a["<script>x</script><b onclick=x>b</b>"]\n  click a "https://x.example"\n```',
    );
    expect(diagrams[0]?.bad).toEqual(["<a>"]);
  });
});

describe("the browser", () => {
  test("CHROME_PATH comes first, and a wrong one is an error", () => {
    const PATH = process.env["PATH"];
    expect(findChromium({ PATH, CHROME_PATH: process.execPath })).toEqual({
      path: process.execPath,
    });
    expect(() => findChromium({ PATH, CHROME_PATH: "/nowhere" })).toThrow(
      "CHROME_PATH is /nowhere",
    );
  });

  test("without one there is a reason", () => {
    expect(findChromium({ PATH: "/nowhere" })).toEqual({
      reason: expect.stringContaining("none of chromium") as string,
    });
  });
});
