// EDGE: the Lambda's entry. Everything a cold start can do ahead is done here, while INIT has a full CPU: the settings are
// read (an invalid file stops the function, so the gate stays closed), the upstream secrets and the issuers' keys are
// fetched, and the connection to the table or to the user's own authorizer is opened.
import { readFileSync } from "node:fs";
import { createAwsCaller } from "./aws.ts";
import { askCustom, warmCustom } from "./custom.ts";
import { createHandler } from "./handler.ts";
import { createKeyReader } from "./issuer-keys.ts";
import { renderEntry } from "./log.ts";
import { createSecretSource } from "./secret-source.ts";
import { createSecretReader } from "./secrets.ts";
import { parseSettings, type Settings } from "./settings.ts";
import { Misshapen } from "./shape.ts";
import { createTokenTable } from "./token-table.ts";
import { createSend } from "./transport.ts";

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
    const detail = error instanceof Misshapen ? error.message : "not readable";
    writeLine(renderEntry({ decision: "error", reason, detail }));
    throw new Error(reason);
  }
}

const settings = loadSettings();
const { upstreams, issuers, table = "", custom } = settings;
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
const readToken = createTokenTable({ table, callAws, now });

// What fails here is tried again when it is needed.
await Promise.allSettled([
  ...[...upstreams.values()].map(({ secret }) => readSecret(secret)),
  ...[...issuers.values()].map(({ uri }) => uri && readKeys(uri, undefined)),
  // The handshake is dear with the little CPU a call has; no token has this hash.
  table && readToken("0".repeat(64)),
  custom && warmCustom(custom, callAws),
]);

export const handler = createHandler({
  settings,
  readSecret,
  readKeys,
  readToken,
  askCustom: (event, name) => askCustom(event, name, callAws),
  now,
  writeLine,
});
