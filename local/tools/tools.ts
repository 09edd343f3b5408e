// The programs that tests, demo and CI need beside Node: provided once, kept outside the work tree.

import { dirname, join } from "node:path";
import { provideChromium } from "../browser/chromium.ts";
import { provideEngine } from "./engine.ts";
import { provideAct } from "./go-tools.ts";
import { provideMinistack } from "../ministack/ministack.ts";
import type { Progress } from "../system/progress.ts";
import { providePython } from "../ministack/python.ts";

/** Provides everything `npm test` runs. Throws with one clear line when something cannot be had; a browser is not missed. */
export async function prepareTools(progress: Progress): Promise<void> {
  await provideMinistack(progress);
  await provideEngine(progress);
  await provideAct(progress);
  await provideChromium(progress);
  await providePythonSdks(progress);
}

/** A `python` that has the SDKs of OpenAI and Anthropic. Throws with one clear line when it cannot be had. */
export function providePythonSdks(progress: Progress): Promise<string> {
  const requirements = join(import.meta.dirname, "sdks", "requirements.txt");
  return providePython("python-sdks", requirements, progress);
}

/** Path of zizmor, the security lint for workflows. Throws with one clear line when it cannot be had. */
export async function provideZizmor(progress: Progress): Promise<string> {
  const requirements = join(import.meta.dirname, "zizmor", "requirements.txt");
  const python = await providePython("zizmor", requirements, progress);
  return join(dirname(python), "zizmor");
}
