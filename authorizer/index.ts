// The Lambda's entry. Everything a cold start can do ahead is done here, while INIT has a full CPU: the settings are
// read (an invalid file stops the function, so the gate stays closed), the upstream secrets and the issuers' keys are
// fetched, and the connection to the table or to the user's own authorizer is opened.
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
// Not console.log: Lambda would put its own columns before the JSON.
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
const callAws = createAwsCaller({ environment: process.env, send, now });
const readSecret = createSecretReader(createSecretSource(callAws), now);
const readKeys = createKeyReader({
  send,
  now,
  onStale: (detail) => {
    const reason = "issuer-keys-stale";
    writeLine(renderEntry({ decision: "warning", reason, detail }));
  },
});
const readEntry = createTokenTable({ table: table ?? "", callAws, now });

// What fails here is tried again when it is needed.
await Promise.allSettled([
  ...upstreams.map(({ secret }) => readSecret(secret)),
  ...[...issuers.values()].map(({ uri }) => uri && readKeys(uri, undefined)),
  // The handshake is dear with the little CPU a call has; no token has this hash.
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
