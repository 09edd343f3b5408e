// The gates of the contract tests: callers, their tokens, sources to parse, and how answers are read.
import type { ResponseType } from "../../local/apigateway/data/exchange.ts";
import { errorHeader } from "../../src/gate/document/error-header.ts";
export { errorHeader };
import type { GateSource } from "../../src/gate/read/inputs.ts";
import { fewInputs, secretArn, sourceOf } from "../gate/sources.ts";
import type { Answer, Seen } from "../local/apigateway-data/rig.ts";
import { startGate, type GateOptions, type RunningGate } from "./rig.ts";

/** By caller; `nobody` is no consumer of any gate. */
export const tokens = {
  nobody: "nobody-0123456789abcdefghijklmnopqr",
  "team-a": "team-a-0123456789abcdefghijklmnopqr",
  "team-b": "team-b-0123456789abcdefghijklmnopqr",
  "team-b-next": "team-b-next/0123456789+abcdefghijklmno=",
  scores: "scores-0123456789abcdefghijklmnopqr",
  admin: "admin-0123456789abcdefghijklmnopqrs",
  past: "past-0123456789abcdefghijklmnopqrst",
  unlucky: "unlucky-0123456789abcdefghijklmnopq",
} as const;
export type Caller = keyof typeof tokens;

export const bearer = (caller: Caller) => ({
  headers: { Authorization: `Bearer ${tokens[caller]}` },
});

export const secrets = {
  [secretArn]: "sk-openai-canary",
  "/ai/anthropic": "sk-ant-canary",
};

const variable = (caller: string) =>
  `TOKEN_${caller.replaceAll("-", "_").toUpperCase()}`;

/** A consumer's line of the config; `more` continues it. */
export const consumer = (caller: Caller, access?: string, more = "") =>
  `  - { id: ${caller}, token: { env: ${variable(caller)} }${access === undefined ? "" : `, routes: ${access}`}${more} }`;

export function source(
  config: string,
  rest: Partial<GateSource> = {},
): GateSource {
  const environment = Object.fromEntries(
    Object.entries(tokens).map(([caller, token]) => [variable(caller), token]),
  );
  return sourceOf(fewInputs, config, {
    // Long ago, so that a consumer may have expired since.
    today: "2020-01-01",
    environment: (name) => environment[name],
    ...rest,
  });
}

/** Three upstreams, four routes, consumers with different access. `more` is put in front. */
export const services = (more = "") => `${more}
upstreams:
  openai: { url: https://api.openai.com/v1, secret: "${secretArn}" }
  anthropic: { url: https://api.anthropic.com, header: x-api-key, secret: ssm:/ai/anthropic, headers: { anthropic-version: "2023-06-01" } }
  scorer: { url: "https://scores.example.com:8443/models/{id}" }
  status: { url: https://status.example.com/all }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: openai, timeout: 600 }
  - { path: "/claude/v1/{proxy+}", methods: [ANY], upstream: anthropic }
  - { path: "/score/{id}", methods: [GET, POST, HEAD], upstream: scorer, stream: false, timeout: 20 }
  - { path: /status, methods: [GET], upstream: status, stream: false }
consumers:
${consumer("team-a", '["/openai/**"]')}
  - { id: team-b, token: [{ env: ${variable("team-b")} }, { env: ${variable("team-b-next")} }], routes: ["/claude/**", "/score/{id}"] }
${consumer("scores", '["/score/{id}", "/status"]')}
${consumer("admin")}
${consumer("past", '["/**"]', ", expires: 2020-02-01")}
`;

/** One gate for all tests of a `describe`; what its upstreams saw is forgotten before each. */
export function gateFor(
  config: string | GateSource,
  options: GateOptions = {},
): { readonly it: RunningGate } {
  const holder: { it?: RunningGate } = {};
  beforeAll(async () => {
    const given = typeof config === "string" ? source(config) : config;
    holder.it = await startGate(given, { secrets, ...options });
  });
  beforeEach(() => void holder.it?.seen.splice(0));
  return holder as { it: RunningGate };
}

/** The type of the gate's own error; undefined for an answer that is none. */
export const errorOf = ({
  headers,
}: Pick<Answer, "headers">): string | undefined =>
  /^([A-Z0-9_]+) [0-9a-f]{16}$/.exec(String(headers[errorHeader]))?.[1];

export const unauthorized = "401 UNAUTHORIZED";
export const denied = "403 ACCESS_DENIED";
export const noRoute = "404 MISSING_AUTHENTICATION_TOKEN";

/** Status and the gate's own error, for comparing in one go. */
export const outcome = (answer: Answer) =>
  [answer.status, errorOf(answer)].join(" ").trim();

/** The text of the gate's own error. */
export const messageOf = ({ body }: Answer) =>
  (JSON.parse(body) as { error: { message: string } }).error.message;

/** Holds an answer of the gate's own against the shape that clients read. */
export function expectError(answer: Answer, type: ResponseType): void {
  expect(errorOf(answer)).toBe(type);
  expect(answer.headers["content-type"]).toBe("application/json");
  expect(JSON.parse(answer.body)).toEqual({
    error: {
      message: expect.stringMatching(/^[A-Z].+\.$/),
      type: expect.stringMatching(/^[a-z_]+_error$/),
      code: type.toLowerCase(),
    },
  });
}

/** Everything of what reached an upstream, as text to look for secrets in. */
export const everything = (seen: readonly Seen[]) =>
  JSON.stringify(
    seen.map(({ method, url, rawHeaders, body }) => [
      method,
      url,
      rawHeaders,
      body,
    ]),
  );

/** All values of a header as an upstream saw them. */
export const valuesOf = ({ rawHeaders }: Seen, name: string) =>
  rawHeaders.filter(
    (_, index) =>
      index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name,
  );
