// Finds where the issuers' public keys are, before anything is deployed (OpenID Connect Discovery 1.0), and whether one of them can
// be used. The authorizer gets only the keys' URL.
import { setTimeout as sleep } from "node:timers/promises";
import { HttpClient } from "@actions/http-client";
import { algorithmNamed, usableAlgorithm } from "../../contract/public-keys.ts";
import { issuerUrlFault } from "../config/rules/urls.ts";
import { connectionFault, type Problem } from "../gate/failure.ts";
import type { Gate, Issuer, IssuerKeys } from "../gate/gate.ts";

export interface Discovery {
  /** The gate with every `discovery` replaced by a URL; as it was where there is a problem. */
  readonly gate: Gate;
  readonly problems: readonly Problem[];
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
  const located = (kind: "problem" | "warning"): Problem[] =>
    findings.flatMap(({ issuer: { name }, [kind]: message }) => {
      // The name is GitHub's alone, and its issuer is set elsewhere in the config file.
      const where = name === "github" ? "auth.github" : `auth.issuers.${name}`;
      return message === undefined ? [] : [{ where, message }];
    });
  return {
    gate: { ...gate, auth: { ...auth, issuers } },
    problems: located("problem"),
    warnings: located("warning"),
  };
}

interface Fault {
  readonly problem?: string;
  readonly warning?: string;
}

async function discoverIssuer(
  issuer: Issuer,
  read: ReadPublicJson,
): Promise<Fault & { readonly issuer: Issuer }> {
  const { keys } = issuer;
  if (keys.kind === "given") return { issuer };
  if (keys.kind === "uri")
    return { issuer, ...(await checkKeys(keys.uri, issuer, read)) };
  const found = await findUri(issuer, read);
  return "problem" in found
    ? { issuer, ...found }
    : discoverIssuer({ ...issuer, keys: found }, read);
}

async function findUri(
  { algorithms, issuer }: Issuer,
  read: ReadPublicJson,
): Promise<IssuerKeys | { readonly problem: string }> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const answer = await read(url);
  if ("fault" in answer)
    return {
      problem: `the issuer's description ${url} ${answer.fault}: correct \`issuer\`, or give the URL of its keys with \`jwks-uri\``,
    };
  const {
    issuer: described,
    jwks_uri: uri,
    id_token_signing_alg_values_supported: offered,
  } = recordOf(answer.value);
  if (described !== issuer)
    return { problem: anotherIssuer(url, issuer, described) };
  const fault = keysUrlFault(uri);
  if (typeof uri !== "string" || fault !== undefined)
    return {
      problem: `${url} has no URL of its keys that the gate can use (\`jwks_uri\` ${fault}): give it with \`jwks-uri\`, or the keys with \`jwks\``,
    };
  const known = (Array.isArray(offered) ? offered : [])
    .filter((name): name is string => typeof name === "string")
    .filter((name) => /^[A-Za-z0-9-]{1,20}$/.test(name))
    .map((name) => algorithmNamed(name) ?? name);
  if (known.length === 0 || algorithms.some((name) => known.includes(name)))
    return { kind: "uri", uri };
  return {
    problem: `the issuer signs with ${known.slice(0, 10).join(", ")}, not with ${algorithms.join(", ")}: set \`algorithms\` to what it uses`,
  };
}

function anotherIssuer(
  url: string,
  issuer: string,
  described: unknown,
): string {
  if (typeof described !== "string")
    return `${url} has no \`issuer\`: correct \`issuer\`, or give the URL of its keys with \`jwks-uri\``;
  const isSlash = described.replace(/\/$/, "") === issuer.replace(/\/$/, "");
  const hint = isSlash ? " (the trailing slash counts)" : "";
  return `the issuer calls itself ${isPlain(described) ? described : "something else"}, not ${issuer}${hint}: \`issuer\` must be exactly what its tokens have in \`iss\`; write it like that, or give \`jwks-uri\` if its tokens really say ${issuer}`;
}

function keysUrlFault(uri: unknown): string | undefined {
  if (typeof uri !== "string") return "is missing";
  return isPlain(uri) ? issuerUrlFault(uri) : "is not a URL";
}

/** Texts of documents that are not the user's end up in logs and comments: short, and of plain characters. */
const isPlain = (text: string): boolean => /^[\x21-\x7e]{1,200}$/.test(text);

/** Keys (RFC 7517) that cannot be read now are a warning: the authorizer, which reads them itself, may find them there. */
async function checkKeys(
  uri: string,
  { algorithms }: Issuer,
  read: ReadPublicJson,
): Promise<Fault> {
  const answer = await read(uri);
  if ("fault" in answer)
    return {
      warning: `the issuer's keys ${uri} cannot be read from the runner: it ${answer.fault}; until the authorizer can read them, no token of this issuer passes`,
    };
  const { keys } = recordOf(answer.value);
  if (!Array.isArray(keys))
    return {
      problem: `${uri} is not a JSON Web Key Set ({"keys":[…]}): correct \`jwks-uri\``,
    };
  if (keys.some((key) => usableAlgorithm(key, algorithms) !== undefined))
    return {};
  return {
    problem: `${uri} has no key for ${algorithms.join(", ")} that the gate can use (RSA of 2048 to 8192 bits): set \`algorithms\` to what the issuer signs with, or correct \`jwks-uri\``,
  };
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)
    : {};

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
    const late = { fault: `does not answer within ${timeout} seconds` };
    try {
      return await Promise.race([
        read(client, url),
        sleep(timeout * 1000, late, { ref: false }),
      ]);
    } finally {
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
    let text = "";
    for await (const piece of message.setEncoding("utf8")) {
      text += String(piece);
      if (text.length > largest)
        return { fault: `is over ${largest / 1024} KB` };
    }
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return error instanceof SyntaxError
      ? { fault: "is not JSON" }
      : { fault: `does not answer (${connectionFault(error)})` };
  }
}

function redirection({ location }: { location?: string | undefined }): string {
  const host = location === undefined ? undefined : URL.parse(location)?.host;
  return host === undefined
    ? ""
    : ` with a redirect to ${host}, which is not followed`;
}
