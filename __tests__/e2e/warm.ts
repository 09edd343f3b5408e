// The deployed authorizer in a process of its own that stays warm: the local cloud ends a function's process after every
// error, and a refusal is one, so what a warm process does under a flood of wrong tokens cannot be seen through it.
import { spawn } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
} from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { functionEnvironment } from "../../local/cloud-environment.ts";
import type { Cloud } from "../../local/cloud.ts";

export interface WarmFunction {
  /** The result, or the error's message. */
  invoke(event: object): Promise<{ result?: unknown; error?: string }>;
  /** Sets its clock forward, for this and every later call. */
  advance(ms: number): void;
  /** What it has logged. */
  log(): readonly string[];
  stop(): void;
}

/** API Gateway's event for a call of a literal route, with a bearer token. */
export function callEvent(
  { outputs }: { readonly outputs: Readonly<Record<string, string>> },
  {
    path: route,
    token,
    method = "POST",
  }: { path: string; token: string; method?: string },
): object {
  const { region = "", "api-id": apiId = "" } = outputs;
  const headers = { Authorization: `Bearer ${token}` };
  return {
    type: "REQUEST",
    methodArn: `arn:aws:execute-api:${region}:000000000000:${apiId}/v1/${method}${route}`,
    resource: route,
    path: route,
    httpMethod: method,
    headers,
    multiValueHeaders: { Authorization: [headers.Authorization] },
    queryStringParameters: {},
    multiValueQueryStringParameters: {},
    pathParameters: {},
    stageVariables: {},
    requestContext: {
      accountId: "000000000000",
      apiId,
      stage: "v1",
      path: `/v1${route}`,
    },
  };
}

const program = `
import { createInterface } from "node:readline";
const clock = Date.now;
let ahead = 0;
Date.now = () => clock() + ahead;
const { handler } = await import(process.argv[1]);
const context = { invokedFunctionArn: process.argv[2] };
for await (const line of createInterface({ input: process.stdin })) {
  const { id, event, advance } = JSON.parse(line);
  ahead += advance;
  handler(event, context).then(
    (result) => process.stdout.write("=" + JSON.stringify({ id, result }) + "\\n"),
    (error) => process.stdout.write("=" + JSON.stringify({ id, error: error.message }) + "\\n"),
  );
}`;

/** Where the local cloud has unpacked what a function last ran; it must have been called at least once. */
function deployedCode(cloud: Cloud, functionName: string): string {
  const work = path.join(cloud.directory, "ministack");
  const [found] = readdirSync(work)
    .filter((name) => name.startsWith(`ministack-lambda-${functionName}`))
    .map((name) => path.join(work, name, "code"))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (found === undefined) throw new Error(`${functionName} has not run`);
  return found;
}

/** The text of a file that was deployed with a function. */
export function deployedFile(
  cloud: Cloud,
  functionName: string,
  name: string,
): string {
  return readFileSync(
    path.join(deployedCode(cloud, functionName), name),
    "utf8",
  );
}

/** Starts what the gate deployed as `functionName`; it must have been called at least once. */
export function startWarm(cloud: Cloud, functionName: string): WarmFunction {
  const functionArn = `arn:aws:lambda:${cloud.env["AWS_REGION"] ?? ""}:000000000000:function:${functionName}`;
  const found = deployedCode(cloud, functionName);
  const code = mkdtempSync(path.join(cloud.directory, "warm-"));
  cpSync(found, code, { recursive: true });
  const child = spawn(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      program,
      path.join(code, "index.mjs"),
      functionArn,
    ],
    {
      stdio: ["pipe", "pipe", "inherit"],
      env: functionEnvironment(cloud.env),
    },
  );
  const log: string[] = [];
  const waiting = new Map<
    number,
    (answer: { result?: unknown; error?: string }) => void
  >();
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!line.startsWith("=")) {
      log.push(line);
      return;
    }
    const { id, ...answer } = JSON.parse(line.slice(1)) as { id: number };
    waiting.get(id)?.(answer);
  });
  let next = 0;
  let advance = 0;
  return {
    invoke: (event) =>
      new Promise((resolve) => {
        next += 1;
        waiting.set(next, resolve);
        child.stdin.write(`${JSON.stringify({ id: next, event, advance })}\n`);
        advance = 0;
      }),
    advance: (ms) => {
      advance += ms;
    },
    log: () => log,
    stop: () => void child.kill(),
  };
}
