// A local cloud with gates on it, for tests of how callers are recognised: deploys through dist/, calls by real host names,
// and reaches behind the gate where a test must (a function's process, a table's items).
import aws4 from "aws4";
import {
  type Cloud,
  type CloudOptions,
  startCloud,
} from "../../local/cloud.ts";
import type { LedgerCall } from "../../local/apigateway/model.ts";
import {
  functionName,
  physicalName,
  projectName,
} from "../../src/cloud/names.ts";
import { type CallerAnswer, throughProxy } from "./client.ts";
import { runAction, type RunOptions, type RunResult } from "./runner.ts";

const region = "eu-west-1";

export interface Run extends RunResult {
  /** What the run wrote to AWS. */
  readonly writes: readonly LedgerCall[];
}

export interface Rig {
  readonly cloud: Cloud;
  /** Any command on a stack; the state is kept between runs. */
  run(command: string, stack: string, options?: RunOptions): Promise<Run>;
  /** Deploys; throws with the run's log when the gate is not ready. */
  up(stack: string, options?: RunOptions): Promise<Run>;
  /** One call; `credential` is what follows `Bearer`. The path is below the stage. */
  call(
    run: Pick<RunResult, "outputs">,
    path: string,
    credential?: string,
    method?: string,
  ): Promise<CallerAnswer>;
  /** The same with headers of the caller's choice. */
  callWith(
    run: Pick<RunResult, "outputs">,
    path: string,
    headers: Record<string, string>,
    method?: string,
  ): Promise<CallerAnswer>;
  /** What API Gateway and the functions of a gate still remember is gone: the next call meets a cold start. */
  makeCold(run: Pick<RunResult, "outputs">, stack: string): Promise<void>;
}

export async function startRig(options: CloudOptions = {}): Promise<Rig> {
  const cloud = await startCloud({ region, ...options });
  const rig: Rig = {
    cloud,
    run: (command, stack, given = {}) => run(cloud, { command, stack }, given),
    up: async (stack, given = {}) => {
      const done = await run(cloud, { command: "up", stack }, given);
      if (done.outputs["ready"] !== "true")
        throw new Error(
          `not ready: ${(done.stdout + done.stderr).slice(-3000)}`,
        );
      return done;
    },
    call: (done, path, credential, method) =>
      rig.callWith(
        done,
        path,
        credential === undefined
          ? {}
          : { authorization: `Bearer ${credential}` },
        method,
      ),
    callWith: ({ outputs }, path, headers, method = "POST") =>
      throughProxy(cloud, {
        method,
        url: `${outputs["base-url"] ?? ""}${path}`,
        headers,
        ...(method === "GET" ? {} : { body: "{}" }),
      }),
    makeCold: ({ outputs }, stack) => makeCold(cloud, outputs, stack),
  };
  return rig;
}

async function run(
  cloud: Cloud,
  { command, stack }: { command: string; stack: string },
  options: RunOptions,
): Promise<Run> {
  const before = cloud.gateway.ledger.length;
  const result = await runAction({
    ...options,
    inputs: {
      command,
      stack,
      region,
      backend: `file://${cloud.directory}/state`,
      ...options.inputs,
    },
    environment: {
      ...cloud.env,
      RUNNER_TEMP: cloud.directory,
      PULUMI_CONFIG_PASSPHRASE: "passphrase-of-the-rig",
      ...options.environment,
    },
  });
  const writes = cloud.gateway.ledger
    .slice(before)
    .filter(({ operation, write }) => write && operation !== "Invoke");
  return { ...result, writes };
}

/** Prefix of the AWS names of a stack's gate; the runs are acme/app's. */
export const nameOf = (stack: string): string =>
  physicalName(projectName("acme/app"), stack);

async function makeCold(
  cloud: Cloud,
  outputs: Readonly<Record<string, string>>,
  stack: string,
): Promise<void> {
  const name = functionName(nameOf(stack));
  // As on AWS, an update ends every process that runs; the value is what every gate has.
  await callAws(cloud, {
    service: "lambda",
    method: "PUT",
    path: `/2015-03-31/functions/${name}/configuration`,
    body: { MemorySize: 256 },
  });
  await callAws(cloud, {
    service: "apigateway",
    method: "DELETE",
    path: `/restapis/${outputs["api-id"] ?? ""}/stages/v1/cache/authorizers`,
  });
}

export interface AwsCall {
  readonly service: string;
  readonly method?: string;
  readonly path?: string;
  /** Operation of a JSON service: `DynamoDB_20120810.PutItem`. */
  readonly target?: string;
  readonly body?: object;
  /** In place of a body: the parameters of a Query service (IAM), whose answer is not read. */
  readonly form?: Readonly<Record<string, string>>;
}

/** A signed call to the local cloud. @returns the parsed answer; throws when it is not one of success. */
export async function callAws(
  cloud: Cloud,
  { service, method = "POST", path = "/", target, body, form }: AwsCall,
): Promise<Record<string, unknown>> {
  const endpoint = new URL(cloud.env["AWS_ENDPOINT_URL"] ?? "");
  const json = body === undefined ? "" : JSON.stringify(body);
  const text = form ? new URLSearchParams(form).toString() : json;
  const { headers } = aws4.sign(
    {
      service,
      region,
      host: endpoint.host,
      method,
      path,
      headers: {
        ...(body && { "content-type": "application/x-amz-json-1.0" }),
        ...(form && { "content-type": "application/x-www-form-urlencoded" }),
        ...(target !== undefined && { "x-amz-target": target }),
      },
      body: text,
    },
    { accessKeyId: "local-access-key", secretAccessKey: "local-secret-key" },
  );
  const answer = await fetch(new URL(path, endpoint), {
    method,
    headers: headers as Record<string, string>,
    ...(text === "" ? {} : { body: text }),
  });
  const read = await answer.text();
  if (!answer.ok) throw new Error(`${service} ${target ?? path}: ${read}`);
  return read === "" || form
    ? {}
    : (JSON.parse(read) as Record<string, unknown>);
}
