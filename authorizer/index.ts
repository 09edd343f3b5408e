// Fetches and connects at the cold start, while INIT has a full CPU. An invalid settings file stops the function: fail closed.
import { readFileSync } from "node:fs";
import { InvalidData } from "../contract/readers.ts";
import { createAwsCaller } from "./aws/call.ts";
import { askCustom, warmCustom } from "./aws/custom-function.ts";
import { createSecretReader, createSecretSource } from "./aws/secrets.ts";
import { createTokenTable } from "./aws/token-table.ts";
import { createSend } from "./aws/transport.ts";
import { createHandler } from "./handler.ts";
import { createKeyReader } from "./jwt/issuer-keys.ts";
import { renderEntry } from "./log.ts";
import { parseSettings, type Settings } from "./settings.ts";

const now = () => Date.now();
// console.log would put Lambda's columns before the JSON.
const writeLine = (line: string) => void process.stdout.write(`${line}\n`);

function loadSettings(): Settings {
  try {
    return parseSettings(
      readFileSync(new URL("settings.json", import.meta.url), "utf8"),
    );
  } catch (error) {
    const reason = "settings-invalid";
    const detail =
      error instanceof InvalidData ? error.message : "not readable";
    writeLine(renderEntry({ decision: "error", reason, detail }));
    throw new Error(reason);
  }
}

const settings = loadSettings();
const { upstreams, issuers, table, custom } = settings;
const send = createSend();
const aws = { environment: process.env, send, now };
const callAws = createAwsCaller(aws);
const readSecret = createSecretReader(createSecretSource(aws), now);
const readKeys = createKeyReader({
  send,
  now,
  onStale: (detail) => {
    const reason = "issuer-keys-stale";
    writeLine(renderEntry({ decision: "warning", reason, detail }));
  },
});
const readEntry = createTokenTable({ table: table ?? "", callAws, now });

// What fails is tried again on a call.
await Promise.allSettled([
  ...upstreams.map(({ secret }) => readSecret(secret)),
  ...[...issuers.values()].map(({ uri }) => uri && readKeys(uri, undefined)),
  // Opens the connection; no token has this hash.
  table !== null && readEntry("0".repeat(64)),
  custom && warmCustom(custom.function, callAws),
]);

export const handler = createHandler({
  settings,
  readSecret,
  readKeys,
  readEntry,
  askCustom: (event, name) => askCustom(event, name, callAws),
  now,
  writeLine,
});
