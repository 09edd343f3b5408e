// What the tests of this room share: sources to parse, and gates that hold.
import { createHash } from "node:crypto";
import type { Problem } from "../../src/gate/failure.ts";
import type { Gate } from "../../src/gate/gate.ts";
import type { GateSource, SimpleInputs } from "../../src/gate/read/inputs.ts";
import { parseGate } from "../../src/gate/parse.ts";

export const token = "team-a-0123456789abcdefghijklmnop";
export const otherToken = "team-b-0123456789abcdefghijklmnop";
export const secretArn =
  "arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai-key";

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Every input of a gate that works. */
export const goodInputs: SimpleInputs = {
  stack: "prod",
  region: "eu-west-1",
  path: "openai/{proxy+}",
  upstream: "https://api.openai.com/v1",
  "upstream-secret": secretArn,
  tokens: `team-a=${token}`,
};

/** The inputs that a config file cannot give. */
export const fewInputs: SimpleInputs = { stack: "prod", region: "eu-west-1" };

export function sourceOf(
  inputs: SimpleInputs,
  text?: string,
  rest: Partial<GateSource> = {},
): GateSource {
  const environment: Record<string, string> = {
    TEAM_A_TOKEN: token,
    TEAM_B_TOKEN: otherToken,
    SHORT_TOKEN: "short",
    EMPTY_TOKEN: "",
  };
  return {
    inputs,
    ...(text === undefined ? {} : { config: { file: "ai-gate.yml", text } }),
    project: "ai-gate",
    today: "2026-08-01",
    environment: (name) => environment[name],
    sha256,
    directory: () => undefined,
    file: () => undefined,
    ...rest,
  };
}

/** A workspace of these files, by path. */
export function workspaceOf(
  files: Readonly<Record<string, string>>,
): Pick<GateSource, "directory" | "file"> {
  return {
    file: (path) => files[path],
    directory: (directory) => {
      const below = Object.entries(files)
        .filter(([path]) => path.startsWith(`${directory}/`))
        .map(([path, text]) => ({
          path: path.slice(directory.length + 1),
          bytes: text.length,
        }));
      return below.length === 0 ? undefined : below;
    },
  };
}

export const pythonHandler = "def handler(event, context):\n    return {}\n";

export function problemsOf(source: GateSource): readonly Problem[] {
  const parsed = parseGate(source);
  return "problems" in parsed ? parsed.problems : [];
}

/** @throws Error with the problems, when the source does not hold */
export function gateOf(source: GateSource): Gate {
  const parsed = parseGate(source);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.gate;
}

export function warningsOf(source: GateSource): readonly Problem[] {
  const parsed = parseGate(source);
  return "warnings" in parsed ? parsed.warnings : [];
}

export const fullConfig = `
stage: live
token-header: x-api-key
auth: { mode: token, cache-ttl: 30 }
upstreams:
  openai: { url: https://api.openai.com/v1/, secret: "${secretArn}" }
  anthropic:
    url: https://api.anthropic.com
    header: x-api-key
    secret: ssm:/ai/anthropic
    headers: { anthropic-version: "2023-06-01" }
  scorer: { url: "https://Scores.example.com:8443/models/{id}" }
routes:
  - { path: "/openai/{proxy+}", methods: [POST, get], upstream: openai, timeout: 600 }
  - { path: "anthropic/v1/{proxy+}/", methods: [any], upstream: anthropic }
  - { path: "/score/{id}", methods: [POST], upstream: scorer, stream: false, timeout: 20 }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN }, routes: ["/openai/**", "/score/{id}"], expires: 2027-06-30 }
  - { id: team-b, token: [{ env: TEAM_B_TOKEN }, { sha256: "${"AB".repeat(32)}" }] }
throttle: { rate: 12.5, burst: 20 }
cors: { origins: [https://app.example.com, http://localhost:3000] }
logs: { retention-days: 14 }
store: bundled
`;
