// The browser of the tests that need one. Where there is none they are skipped, visibly, with the reason in their name.
import { findChromium } from "../../local/browser/chromium.ts";

const found = findChromium();

/** Path of the browser; empty where the tests are skipped. */
export const chromium = found.path ?? "";

/** `describe`, or one that is skipped and says why. */
export function describeInBrowser(name: string, tests: () => void): void {
  if (found.path !== undefined) describe(name, tests);
  else describe.skip(`${name} (SKIPPED: ${found.reason})`, tests);
}
