// The small gate that is asked: deployed and removed by dist/, as a workflow would.
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runAction } from "../../__tests__/fixtures/runner.ts";
import type { Echo } from "./echo.ts";
import type { Scratch } from "./scratch.ts";

export interface DeployedGate {
  readonly url: string;
  readonly token: string;
}

const config = ({ url }: Echo) => `upstreams:
  echo: { url: "${url}/echo" }
  plain: { url: "${url}/echo/plain" }
routes:
  - { path: "/echo/{proxy+}", methods: [ANY], upstream: echo }
  - { path: /plain/here, methods: [GET], upstream: plain }
  - { path: /model, methods: [POST], upstream: plain, models: [allowed] }
consumers:
  - { id: verify, token: { env: VERIFY_TOKEN } }
`;

export async function deployGate(
  { account, prefix, remove }: Scratch,
  echo: Echo,
  {
    environment,
    started,
  }: {
    /** Of the process: AWS's credentials, proxies. */
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly started: (child: ChildProcess) => void;
  },
): Promise<DeployedGate> {
  const directory = await mkdtemp(path.join(tmpdir(), `${prefix}-`));
  remove("the state", () => rm(directory, { recursive: true, force: true }));
  const token = `verify.${randomBytes(32).toString("hex")}`;
  const passphrase = randomBytes(32).toString("hex");
  const run = async (command: string, inputs: Record<string, string> = {}) => {
    const result = await runAction({
      inputs: {
        command,
        stack: prefix.replace("ai-gate-", ""),
        region: account.region,
        backend: `file://${directory}`,
        proof: "false",
        comment: "false",
        ...inputs,
      },
      environment: {
        RUNNER_TOOL_CACHE: directory,
        ...passed(environment),
        PULUMI_CONFIG_PASSPHRASE: passphrase,
        VERIFY_TOKEN: token,
      },
      files: { "ai-gate.yml": config(echo) },
      started,
    });
    if (result.code === 0) return result.outputs;
    const errors = result.annotations.map(({ message }) => message);
    throw new Error(`${command} of the gate failed: ${errors.join("; ")}`);
  };
  // A deployment that is still being cancelled holds the state.
  let deploying: Promise<unknown> = Promise.resolve();
  remove("the gate", async () => {
    await deploying.catch(() => undefined);
    await run("destroy");
  });
  const deployed = run("up");
  deploying = deployed;
  const url = (await deployed)["base-url"] ?? "";
  return { url, token };
}

/** What a process needs to reach AWS, and nothing of the run that it is part of. */
const passed = (
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        /^(AWS_|NODE_|SSL_CERT|CURL_CA|REQUESTS_CA|RUNNER_TOOL_CACHE$|RUNNER_TEMP$|(HTTPS?|NO)_PROXY$)/i.test(
          entry[0],
        ),
    ),
  );
