// A real browser that shows reports as GitHub would, light and dark, and says what a reader of them would meet.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, launch, type Page } from "puppeteer-core";
import { strayRows, toHtml, unevenRows } from "./markdown.ts";

export interface Look {
  /** A step summary is rendered as a file is: without line breaks of its own. */
  readonly as: "comment" | "summary";
  readonly theme: "light" | "dark";
  /** Of the text, in pixels; GitHub's pull request pages have about 840 on a desktop. */
  readonly width?: number;
}

/** What the page said of the shown report. Lists are empty where all is well. */
export interface Shown {
  /** Elements and attributes that GitHub takes out. */
  readonly removed: readonly string[];
  /** Mentions, references, mathematics and emoji that GitHub makes of plain text. */
  readonly made: readonly string[];
  readonly diagrams: readonly Diagram[];
  /** Elements that reach beyond the text's right edge. */
  readonly overflowing: readonly string[];
  /** Tables and code blocks that a reader must scroll sideways. */
  readonly scrolling: readonly string[];
  /** Table rows with too many cells, or too few. */
  readonly uneven: readonly string[];
  /** Lines with pipes that became no table. */
  readonly stray: readonly string[];
  /** Addresses of images: a report has none. */
  readonly images: readonly string[];
  /** Text outside of code. */
  readonly prose: readonly string[];
  /** All that is visible. */
  readonly text: string;
  readonly links: readonly string[];
  /** The summaries of the folded parts. */
  readonly folds: readonly string[];
  /** Whether the end is outside of any fold. */
  readonly lastIsOpen: boolean;
  /** A picture of the whole report, of its beginning when it is very long. */
  screenshot(): Promise<Uint8Array>;
}

interface Diagram {
  /** Why it could not be drawn. */
  readonly error?: string;
  readonly labels: readonly string[];
  /** Links, scripts, handlers and labels that do not fit. */
  readonly bad: readonly string[];
  readonly size?: { readonly width: number; readonly height: number };
}

export interface ReportBrowser {
  readonly version: string;
  show(markdown: string, look: Look): Promise<Shown>;
  close(): Promise<void>;
}

/** Starts the browser at `path`. Nothing that it shows reaches a network. */
export async function openBrowser(path: string): Promise<ReportBrowser> {
  const browser = await launch({
    executablePath: path,
    protocolTimeout: 60_000,
    // The browser ends when the other end of the pipe is gone, even by SIGKILL.
    pipe: true,
    // Chromium's sandbox does not run as root. What is shown here is our own, and scripts in it are taken out before.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  // One page for all: a page in the background draws nothing.
  const page = await openPage(browser);
  return {
    version: await browser.version(),
    show: (markdown, look) => show(page, markdown, look),
    close: () => browser.close(),
  };
}

const modules = join(import.meta.dirname, "..", "..", "node_modules");
const ownStyle = `
  body { margin: 0; background: #ffffff }
  @media (prefers-color-scheme: dark) { body { background: #0d1117 } }
  article.markdown-body { box-sizing: border-box; padding: 16px }
  article.comment { font-size: 14px }`;

/** A page with styles, Mermaid and our scripts in it, on which one report after the other is shown. */
async function openPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  await page.setOfflineMode(true);
  await page.setContent(
    `<!doctype html><style>${ownStyle}</style><article class="markdown-body"></article>`,
  );
  const styles = join(modules, "github-markdown-css", "github-markdown.css");
  await page.addStyleTag({ content: await readFile(styles, "utf8") });
  for (const file of [
    join(modules, "mermaid", "dist", "mermaid.min.js"),
    ...["sanitise.js", "link.js", "report.js"].map((name) =>
      join(import.meta.dirname, "page", name),
    ),
  ])
    await page.addScriptTag({ content: await readFile(file, "utf8") });
  return page;
}

async function show(
  page: Page,
  markdown: string,
  { as, theme, width = 840 }: Look,
): Promise<Shown> {
  await page.setViewport({ width: width + 32, height: 600 });
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: theme },
  ]);
  const html = toHtml(markdown, { breaks: as === "comment" });
  const call = `showReport(${JSON.stringify({ html, theme, as })})`;
  const seen = (await page.evaluate(call)) as Omit<
    Shown,
    "stray" | "screenshot"
  >;
  return {
    ...seen,
    uneven: [...seen.uneven, ...unevenRows(markdown)],
    stray: strayRows(markdown),
    screenshot: () => picture(page),
  };
}

/** Chromium refuses pictures of more. */
const tallest = 8_000;

async function picture(page: Page): Promise<Uint8Array> {
  const size = "[document.body.scrollWidth, document.body.scrollHeight]";
  const [width = 1, height = 1] = (await page.evaluate(size)) as number[];
  const clip = { x: 0, y: 0, width, height: Math.min(height, tallest) };
  return page.screenshot({ clip, captureBeyondViewport: true });
}
