// Finds where the issuers' public keys are, before anything is deployed (OpenID Connect Discovery 1.0), and looks whether there
// is one to go by. What the authorizer is told afterwards is the keys' URL alone.
import { HttpClient } from "@actions/http-client";
import { algorithmNamed, usableAlgorithm } from "../../contract/public-keys.ts";
import { issuerUrlFault } from "../config/rules/urls.ts";
import type { Problem } from "../gate/failure.ts";
import type { Gate, Issuer, IssuerKeys } from "../gate/gate.ts";

export interface Discovery {
  /** The gate with every `discovery` replaced by a URL; as it was where there is a problem. */
  readonly gate: Gate;
  readonly problems: readonly Problem[];
  /** What can be meant, or be over in a minute. */
  readonly warnings: readonly Problem[];
}

export async function discoverKeys(
  gate: Gate,
  read: ReadPublicJson,
): Promise<Discovery> {
  const { auth } = gate;
  if (auth.mode === "custom") return { gate, problems: [], warnings: [] };
  const findings = await Promise.all(
    auth.issuers.map((issuer) => discoverIssuer(issuer, read)),
  );
  const issuers = findings.map(({ issuer }) => issuer);
  return {
    gate: { ...gate, auth: { ...auth, issuers } },
    problems: findings.flatMap(({ problems }) => problems),
    warnings: findings.flatMap(({ warnings }) => warnings),
  };
}

interface Finding {
  readonly issuer: Issuer;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

async function discoverIssuer(
  issuer: Issuer,
  read: ReadPublicJson,
): Promise<Finding> {
  // The name is GitHub's alone, and its issuer is set elsewhere in the config file.
  const where =
    issuer.name === "github" ? "auth.github" : `auth.issuers.${issuer.name}`;
  const keys =
    issuer.keys.kind === "discovery"
      ? await findUri(issuer, read)
      : issuer.keys;
  if (typeof keys === "string")
    return { issuer, problems: [{ where, message: keys }], warnings: [] };
  const found = { ...issuer, keys };
  const { problem, warning } = await checkKeys(found, read);
  return {
    issuer: found,
    problems: problem === undefined ? [] : [{ where, message: problem }],
    warnings: warning === undefined ? [] : [{ where, message: warning }],
  };
}

async function findUri(
  { algorithms, issuer }: Issuer,
  read: ReadPublicJson,
): Promise<IssuerKeys | string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const answer = await read(url);
  if ("fault" in answer)
    return `the issuer's description ${url} ${answer.fault}: correct \`issuer\`, or say where its keys are with \`jwks-uri\``;
  const {
    issuer: told,
    jwks_uri: uri,
    id_token_signing_alg_values_supported: offered,
  } = recordOf(answer.value);
  if (told !== issuer) return anotherIssuer(url, issuer, told);
  const fault = typeof uri === "string" ? keysUrlFault(uri) : "is missing";
  if (typeof uri !== "string" || fault !== undefined)
    return `${url} names no https address of its keys that the gate can use (\`jwks_uri\` ${fault ?? ""}): say where they are with \`jwks-uri\`, or give them with \`jwks\``;
  const known: readonly unknown[] = Array.isArray(offered)
    ? offered.map((name: unknown) => algorithmNamed(name) ?? name)
    : [];
  if (
    known.length > 0 &&
    !algorithms.some((algorithm) => known.includes(algorithm))
  )
    return `the issuer signs with ${wordsOf(known)}, not with ${algorithms.join(", ")}: set \`algorithms\` to what it uses`;
  return { kind: "uri", uri };
}

function anotherIssuer(url: string, issuer: string, told: unknown): string {
  if (typeof told !== "string")
    return `${url} describes no issuer: correct \`issuer\`, or say where its keys are with \`jwks-uri\``;
  const isSlash = told.replace(/\/$/, "") === issuer.replace(/\/$/, "");
  const hint = isSlash ? " (the trailing slash counts)" : "";
  return `the issuer calls itself ${shown(told)}, not ${issuer}${hint}: \`issuer\` must be exactly what its tokens have in \`iss\`; write it like that, or give \`jwks-uri\` if its tokens really say ${issuer}`;
}

/** Looks once; keys that cannot be read now may be there for the authorizer, which asks itself. */
async function checkKeys(
  { algorithms, keys }: Issuer,
  read: ReadPublicJson,
): Promise<{ problem?: string; warning?: string }> {
  if (keys.kind !== "uri") return {};
  const answer = await read(keys.uri);
  if ("fault" in answer)
    return {
      warning: `the issuer's keys ${keys.uri} cannot be seen from here: it ${answer.fault}; until the authorizer can read them, no token of this issuer passes`,
    };
  const set = keysIn(answer.value);
  if (set === undefined)
    return {
      problem: `${keys.uri} is no JSON Web Key Set ({"keys":[…]}): correct \`jwks-uri\``,
    };
  if (set.some((key) => usableAlgorithm(key, algorithms) !== undefined))
    return {};
  return {
    problem: `${keys.uri} holds no key for ${algorithms.join(", ")} that the gate can use (RSA of 2048 to 8192 bits): set \`algorithms\` to what the issuer signs with, or correct \`jwks-uri\``,
  };
}

function keysUrlFault(text: string): string | undefined {
  return text === shown(text) ? issuerUrlFault(text) : "is no URL";
}

/** @returns the entries of a JSON Web Key Set (RFC 7517); undefined when it is none. */
function keysIn(value: unknown): readonly unknown[] | undefined {
  const { keys } = recordOf(value);
  return Array.isArray(keys) ? keys : undefined;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)
    : {};
}

/** Words of somebody else's document end up in logs and comments: short, and of plain characters. */
function shown(text: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(text) ? text : "something else";
}

function wordsOf(values: readonly unknown[]): string {
  return values
    .filter(
      (value): value is string =>
        typeof value === "string" && /^[A-Za-z0-9-]{1,20}$/.test(value),
    )
    .slice(0, 10)
    .join(", ");
}

/** A JSON value, or why there is none: `answered 404`, `redirects to https://…`, `does not answer (ENOTFOUND)`. */
export type PublicJson =
  { readonly value: unknown } | { readonly fault: string };

export type ReadPublicJson = (url: string) => Promise<PublicJson>;

const largest = 256 * 1024;

/**
 * Through the runner's proxy, no redirect followed, size and time bounded.
 * @param timeout seconds for the whole call. @returns a reader that never throws.
 */
export function createPublicJson(timeout = 10): ReadPublicJson {
  return async (url) => {
    const client = new HttpClient("ai-gate-action", [], {
      allowRedirects: false,
      // Of a GET only, and only after a 502, 503 or 504.
      allowRetries: true,
      maxRetries: 2,
      keepAlive: false,
      socketTimeout: timeout * 1000,
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<PublicJson>((resolve) => {
      const fault = `does not answer within ${timeout} seconds`;
      timer = setTimeout(() => resolve({ fault }), timeout * 1000);
    });
    try {
      return await Promise.race([read(client, url), late]);
    } finally {
      clearTimeout(timer);
      client.dispose();
    }
  };
}

async function read(client: HttpClient, url: string): Promise<PublicJson> {
  try {
    const { message } = await client.get(url, { accept: "application/json" });
    const status = message.statusCode ?? 0;
    if (status !== 200) {
      message.destroy();
      return { fault: `answered ${status}${redirection(message.headers)}` };
    }
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of message as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > largest) {
        message.destroy();
        return { fault: `is over ${largest / 1024} KB` };
      }
      pieces.push(piece);
    }
    return parse(Buffer.concat(pieces).toString("utf8"));
  } catch (error) {
    return { fault: `does not answer (${causeOf(error)})` };
  }
}

function redirection({ location }: { location?: string | undefined }): string {
  const host = location === undefined ? undefined : URL.parse(location)?.host;
  return host === undefined
    ? ""
    : ` with a redirect to ${host}, which is not followed`;
}

function parse(text: string): PublicJson {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { fault: "is no JSON" };
  }
}

/** The system's code (`ENOTFOUND`) when there is one: a message could repeat a proxy's URL with its password. */
function causeOf(error: unknown): string {
  const code: unknown =
    typeof error === "object" && error !== null && "code" in error
      ? error.code
      : undefined;
  return typeof code === "string" ? code : "the connection failed";
}
