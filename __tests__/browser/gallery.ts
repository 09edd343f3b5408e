// docs/gallery.md and its pictures: made from the scenarios when UPDATE_GALLERY=1 is set. A picture is taken anew only when the
// report it shows has changed: each machine's fonts differ a little.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ReportBrowser } from "../../local/browser/browser.ts";
import { renderComment } from "../../src/report/comment.ts";
import { type Scenario, scenarios } from "./scenarios.ts";

const docs = path.join(import.meta.dirname, "../../docs");
const page = path.join(docs, "gallery.md");
const fileOf = ({ name }: Scenario): string => `gallery/${name}.png`;

const digestOf = ({ run }: Scenario): string =>
  createHash("sha256").update(renderComment(run)).digest("hex").slice(0, 16);

const sectionOf = (scenario: Scenario): string => `## ${scenario.title}

${scenario.caption}

![${scenario.title}](${fileOf(scenario)})

<!-- the comment's SHA-256 begins with ${digestOf(scenario)} -->
`;

const largest = 150_000;

export const gallery = {
  wanted: (): string => `# What a pull request shows

The action keeps one comment a stack on the pull request. These are its pictures: each is a comment that the tests
rendered in a browser with GitHub's styles, from the run of a made-up gate. \`UPDATE_GALLERY=1 npm test -- browser\`
takes them anew, and a test fails when they no longer show what the report says.

${scenarios.map(sectionOf).join("\n")}`,
  stored: (): Promise<string> => readFile(page, "utf8"),
  /** Pictures that are missing, or larger than a reader should have to load. */
  tooLarge: (): string[] =>
    scenarios.map(fileOf).filter((file) => {
      const place = path.join(docs, file);
      return !existsSync(place) || statSync(place).size > largest;
    }),
};

/** A picture of a comment, as wide as on GitHub's pages. */
export async function pictureOf(
  browser: ReportBrowser,
  markdown: string,
): Promise<Uint8Array> {
  const look = { as: "comment", theme: "light" } as const;
  return (await browser.show(markdown, look)).screenshot();
}

export async function updateGallery(
  picture: (markdown: string) => Promise<Uint8Array>,
): Promise<void> {
  await mkdir(path.join(docs, "gallery"), { recursive: true });
  const old = existsSync(page) ? readFileSync(page, "utf8") : "";
  for (const scenario of scenarios) {
    const place = path.join(docs, fileOf(scenario));
    const known = old.includes(digestOf(scenario)) && existsSync(place);
    if (!known)
      await writeFile(place, await picture(renderComment(scenario.run)));
  }
  await writeFile(page, gallery.wanted());
}
