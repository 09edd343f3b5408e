// Comment and summary in a real browser, as GitHub would show them: every diagram is drawn, nothing of a name becomes syntax,
// and a reader never has to scroll sideways. The pictures are kept outside the work tree, in the folder printed at the end.
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type Look,
  openBrowser,
  type ReportBrowser,
  type Shown,
} from "../../local/browser/browser.ts";
import { renderComment, renderSummary } from "../../src/report/comment.ts";
import type { Run } from "../../src/report/run-result.ts";
import { chromium, describeInBrowser } from "../fixtures/chromium.ts";
import { crowdedRun, hostileRun } from "../fixtures/extremes.ts";
import { gallery, pictureOf, updateGallery } from "../fixtures/gallery.ts";
import { scenarios } from "../fixtures/scenarios.ts";

jest.setTimeout(120_000);

const pictures = path.join(tmpdir(), "ai-gate-screenshots");

const looks = (["comment", "summary"] as const).flatMap((as) =>
  (["light", "dark"] as const).map((theme): Look => ({ as, theme })),
);

/** For what is large, and the same in any colour. */
const fewLooks = looks.filter(
  ({ as, theme }) => as === "comment" || theme === "light",
);

const render = (run: Run, { as }: Look): string =>
  as === "comment" ? renderComment(run) : renderSummary(run);

/** What no report may ever do, whatever the names in it. */
const harmless = {
  removed: [],
  made: [],
  images: [],
  overflowing: [],
  uneven: [],
  stray: [],
  lastIsOpen: true,
};

const drawn = ({ diagrams }: Pick<Shown, "diagrams">) =>
  diagrams.map(({ error, bad }) => ({ error, bad }));

describeInBrowser("the report in a browser", () => {
  let browser: ReportBrowser;
  beforeAll(async () => {
    await mkdir(pictures, { recursive: true });
    browser = await openBrowser(chromium);
  });
  afterAll(async () => {
    await browser.close();
    console.info(`pictures of the reports: ${pictures}`);
  });

  async function show(name: string, run: Run, look: Look): Promise<Shown> {
    const shown = await browser.show(render(run, look), look);
    const file = `${name}-${look.as}-${look.theme}.png`;
    await writeFile(path.join(pictures, file), await shown.screenshot());
    return shown;
  }

  describe.each(scenarios)("$title", ({ name, run }) => {
    test.each(looks)("as $as, $theme", async (look) => {
      const shown = await show(name, run, look);
      expect(shown).toMatchObject({ ...harmless, scrolling: [] });
      expect(drawn(shown)).toEqual(
        shown.diagrams.map(() => ({ error: undefined, bad: [] })),
      );
      expect(shown.prose.join("\n")).not.toMatch(leftovers);
      expect(shown.folds).not.toContain("");
    });
  });

  test("a gate that is there has its diagram, drawn", async () => {
    const [first] = scenarios;
    const shown = await browser.show(renderComment(first!.run), looks[0]!);
    expect(shown.diagrams).toHaveLength(1);
    expect(shown.diagrams[0]?.labels.join()).toMatch(/team-a.*openai/);
  });

  test.each(fewLooks)(
    "names that try to be more than names, as $as, $theme",
    async (look) => {
      const shown = await show("hostile", hostileRun, look);
      expect(shown).toMatchObject(harmless);
      expect(drawn(shown)).toEqual([{ error: undefined, bad: [] }]);
      expect(shown.links).toEqual([hostileRun.runUrl]);
    },
  );

  test.each(fewLooks)(
    "a gate with hundreds of routes and consumers, as $as, $theme",
    async (look) => {
      const shown = await show("crowded", crowdedRun, look);
      expect(shown).toMatchObject(harmless);
      expect(drawn(shown)).toEqual([{ error: undefined, bad: [] }]);
      expect(shown.folds).toContain(
        `${crowdedRun.changes.length} resource changes`,
      );
    },
  );

  test("a narrow window breaks lines, and nothing runs out of it", async () => {
    for (const { run } of scenarios) {
      const narrow = { as: "comment", theme: "light", width: 340 } as const;
      const shown = await browser.show(renderComment(run), narrow);
      expect(shown.overflowing).toEqual([]);
    }
  });

  test("docs/gallery.md shows the report as it is (UPDATE_GALLERY=1 makes it so)", async () => {
    if (process.env["UPDATE_GALLERY"] === "1")
      await updateGallery((markdown) => pictureOf(browser, markdown));
    expect(await gallery.stored()).toEqual(gallery.wanted());
    expect(gallery.tooLarge()).toEqual([]);
  });
});

/** Markdown or HTML that was meant to be rendered and is read instead. */
const leftovers = /\*\*|```|<\/?\w+>|&(?:#\d+|[a-z]+);|\[[^\]]*\]\(/;
