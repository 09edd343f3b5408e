// bench/results.json: what the benches found when each was run last, which the figures of the docs are made from.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { format } from "prettier";
import type { Found, Results } from "./figures.ts";

const file = path.join(import.meta.dirname, "results.json");

export function readResults(): Results {
  const none: Results = { node: "", cores: 0, benches: {} };
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as Results)
    : none;
}

/** Keeps what the other benches found before. */
export async function saveResults(
  found: Readonly<Record<string, Found>>,
): Promise<void> {
  const results: Results = {
    node: process.version,
    cores: availableParallelism(),
    benches: { ...readResults().benches, ...found },
  };
  writeFileSync(
    file,
    await format(JSON.stringify(results), { parser: "json" }),
  );
}
