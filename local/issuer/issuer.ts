// An OpenID Connect issuer on this machine, over https with a certificate of the local cloud: mints tokens with any claims,
// rotates its keys, goes away and comes back, and says who asked it for what.

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Authority } from "../system/certificates.ts";
import {
  makeKeys,
  serveKeys,
  signToken,
  type KeySet,
  type TokenOptions,
} from "./issuer-keys.ts";
import { listen, type Listening } from "../system/servers.ts";

export interface IssuerOptions {
  /** Signs the certificate for `localhost`: `cloud.authority`. */
  readonly authority: Authority;
  /** What follows the host in the issuer: `/eu-west-1_AbCdEfGhI` (Cognito), `/` (Auth0's end so). Nothing when not given. */
  readonly path?: string;
  /** The issuer, where it is not the server's own address: a real one, whose host the cloud's proxy leads here. */
  readonly issuer?: string;
  /** One key each; RS256 when not given. */
  readonly algorithms?: readonly string[];
  /** Below the issuer; `/.well-known/jwks.json` when not given. */
  readonly jwksPath?: string;
  /** Answers what is no business of OpenID Connect; false leaves the request to the issuer. */
  readonly answerFirst?: (
    request: IncomingMessage,
    response: ServerResponse,
  ) => boolean;
}

export interface LocalIssuer {
  /** The claim `iss` of its tokens, exactly. */
  readonly issuer: string;
  readonly port: number;
  readonly jwksUri: string;
  /** Answers as the server does, for the proxy to serve a real host name. */
  answer(request: IncomingMessage, response: ServerResponse): void;
  /** The public keys that are valid now. */
  keys(): readonly Readonly<Record<string, unknown>>[];
  /**
   * A signed token. `iss`, `iat`, `nbf` and `exp` (an hour on) are there unless the claims have them; a claim that is
   * undefined is left out.
   */
  token(
    claims: Readonly<Record<string, unknown>>,
    options?: TokenOptions,
  ): Promise<string>;
  /** New keys in the place of all old ones. */
  rotate(): Promise<void>;
  /** `GET /.well-known/jwks.json` and the like, since the start or the last `clear`, in order. */
  requests(): readonly string[];
  clear(): void;
  /** From now on nobody listens: connections are refused. */
  down(): Promise<void>;
  /** Listens on the same port again. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it on https://localhost at a free port. */
export async function startIssuer(
  options: IssuerOptions,
): Promise<LocalIssuer> {
  const { algorithms = ["RS256"], path = "" } = options;
  const seen: string[] = [];
  const state: { keys: KeySet | undefined } = { keys: undefined };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    seen.push(`${request.method ?? ""} ${request.url ?? ""}`);
    if (options.answerFirst?.(request, response) === true) return;
    request.url = below(path, request.url ?? "");
    state.keys?.service.requestHandler(request, response);
  };
  const first = makeKeys(algorithms);
  const server = await restartable(options.authority, answer);
  const issuer = options.issuer ?? `https://localhost:${server.port}${path}`;
  const jwksPath = options.jwksPath ?? "/.well-known/jwks.json";
  const keys = await serveKeys(first, { issuer, jwksPath });
  state.keys = keys;
  return {
    issuer,
    port: server.port,
    jwksUri: `${issuer.replace(/\/$/, "")}${jwksPath}`,
    answer,
    keys: () => state.keys?.issuer.keys.toJSON() ?? [],
    token: (claims, how = {}) => signToken(state.keys ?? keys, claims, how),
    rotate: async () => {
      state.keys = await serveKeys(makeKeys(algorithms), { issuer, jwksPath });
    },
    requests: () => seen,
    clear: () => void seen.splice(0),
    down: () => server.stop(),
    up: () => server.start(),
    stop: () => server.stop(),
  };
}

/** The path below the issuer's own; one that is not below it is left as it is, and not found. */
function below(path: string, url: string): string {
  const prefix = path.replace(/\/$/, "");
  return url.startsWith(`${prefix}/`)
    ? url.slice(prefix.length)
    : `/not-here${url}`;
}

async function restartable(
  authority: Authority,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{
  port: number;
  start(): Promise<void>;
  stop(): Promise<void>;
}> {
  const { certificate, key } = await authority.issue("localhost");
  const open = (port?: number): Promise<Listening> =>
    listen(createServer({ cert: certificate, key }, answer), port);
  let listening: Listening | undefined = await open();
  const { port } = listening;
  return {
    port,
    start: async () => {
      listening ??= await open(port);
    },
    stop: async () => {
      await listening?.stop();
      listening = undefined;
    },
  };
}
