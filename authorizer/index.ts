// EDGE: the Lambda's entry. Everything a cold start can do ahead is done here, while INIT has a full CPU: the settings are
// read (an invalid file stops the function, so the gate stays closed) and the upstream secrets are fetched.
import { readFileSync } from "node:fs";
import { InternalFailure } from "./failure.ts";
import { createHandler } from "./handler.ts";
import { renderEntry } from "./log.ts";
import { createSecretSource } from "./secret-source.ts";
import { createSecretReader, prefetchSecrets } from "./secrets.ts";
import { parseSettings, type Settings } from "./settings.ts";
import { send } from "./transport.ts";

const now = () => Date.now();
// Not console.log: Lambda would put its own columns before the JSON.
const writeLine = (line: string) => void process.stdout.write(`${line}\n`);

function loadSettings(): Settings {
  try {
    return parseSettings(
      readFileSync(new URL("settings.json", import.meta.url), "utf8"),
    );
  } catch (error) {
    const detail =
      error instanceof InternalFailure
        ? error.detail
        : "settings.json cannot be read";
    writeLine(
      renderEntry({ decision: "error", reason: "settings-invalid", detail }),
    );
    throw new Error("settings-invalid");
  }
}

const settings = loadSettings();
const readSecret = createSecretReader(
  createSecretSource({ environment: process.env, send, now }),
  now,
);
await prefetchSecrets(
  [...settings.upstreams.values()].map(({ secret }) => secret),
  readSecret,
);

export const handler = createHandler({ settings, readSecret, now, writeLine });
