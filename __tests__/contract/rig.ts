// A gate as it is deployed, without a cloud around it: its own document put into a local API Gateway, its bundled
// authorizer in a process of its own, and one loopback server behind the host names of all upstreams.
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuthorizerSettings } from "../../contract/authorizer-settings.ts";
import type {
  Invocation,
  InvokeFunction,
  Readings,
} from "../../local/apigateway/data/collaborators.ts";
import { createDataPlane } from "../../local/apigateway/data/data-plane.ts";
import type { Gateway } from "../../local/apigateway/server.ts";
import { startGateway } from "../../local/apigateway/server.ts";
import { isFronted } from "../../src/gate/access/front.ts";
import { errorMarker } from "../../src/gate/document/error-header.ts";
import type { Gate } from "../../src/gate/gate.ts";
import type { GateSource } from "../../src/gate/read/inputs.ts";
import {
  buildDocument,
  type DocumentParts,
} from "../../src/gate/document/openapi.ts";
import { buildSettings } from "../../src/gate/access/settings.ts";
import {
  createProofKey,
  type ProofPrivateKey,
} from "../../src/proof/credential.ts";
import { gateOf, sha256 } from "../gate/sources.ts";
import {
  account,
  backend,
  closeAll,
  functionArn,
  invocationUri,
  listen,
  region,
  send,
  type Answer,
  type Seen,
} from "../local/apigateway-data/rig.ts";

type Json = Record<string, unknown>;

export interface Sent {
  /** A flat list keeps repeats and letter case. */
  readonly headers?: Record<string, string> | readonly string[];
  readonly body?: string | Buffer;
}

/** What the authorizer was asked, and what it said. */
interface Asked {
  readonly event: {
    readonly methodArn: string;
    /** Of a TOKEN authorizer. */
    readonly authorizationToken?: string;
    /** Of a REQUEST authorizer. */
    readonly resource?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly invocation: Invocation;
}

export interface RunningGate {
  readonly gate: Gate;
  readonly gateway: Gateway;
  readonly apiId: string;
  readonly proofKey: ProofPrivateKey;
  /** What its own errors carry. */
  readonly marker: string;
  /** What reached any upstream, in order. */
  readonly seen: Seen[];
  readonly asked: Asked[];
  /** Everything that authorizer and data plane wrote. */
  readonly log: string[];
  /** Calls the gate by its invoke URL; `path` is what follows the stage, as raw as it is given. */
  readonly ask: (method: string, path: string, sent?: Sent) => Promise<Answer>;
  /** The same, for a test that reads the answer itself. */
  readonly open: (
    method: string,
    path: string,
    headers: Record<string, string>,
  ) => http.ClientRequest;
  /** A call to the control plane that must succeed; `path` follows `/restapis/<id>`, or starts with `//`. */
  readonly control: (
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<Json>;
  /** Moves the clock of the data plane. */
  readonly pass: (seconds: number) => void;
}

export interface GateOptions {
  /** The upstreams' answer; by default 200 `{"ok":true}`. */
  readonly answer?: http.RequestListener;
  /** By Secrets Manager ARN or SSM name; what is not here does not exist. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Stands between the data plane and the authorizer; alone there in custom mode. */
  readonly intercept?: (
    arn: string,
    event: Asked["event"],
    authorizer: () => Promise<Invocation>,
  ) => Promise<Invocation>;
  /** The user's own function behind the gate's authorizer. */
  readonly custom?: (event: Asked["event"]) => Invocation;
  readonly readings?: Partial<Readings>;
}

/** Nothing listens behind this host name. */
export const closedHost = "down.example.com";

const stops: (() => Promise<unknown>)[] = [];

/** For `afterAll`. */
export async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
  await closeAll();
}

export async function startGate(
  source: GateSource,
  options: GateOptions = {},
): Promise<RunningGate> {
  const gate = gateOf(source);
  const { publicKey, privateKey } = await createProofKey();
  const log: string[] = [];
  const authorizer =
    gate.auth.mode === "custom" && !isFronted(gate)
      ? () => Promise.reject(new Error("no built-in authorizer"))
      : await startAuthorizer(
          buildSettings(gate, {
            proofKey: publicKey,
            sha256,
            customFunction: "own",
          }),
          { ...options, log },
        );
  const asked: Asked[] = [];
  const invokeFunction: InvokeFunction = async (arn, given) => {
    const event = given as Asked["event"];
    const invocation = await (options.intercept
      ? options.intercept(arn, event, () => authorizer(event))
      : authorizer(event));
    asked.push({ event, invocation });
    return invocation;
  };
  const { url, seen } = await backend(options.answer);
  let offset = 0;
  const dataPlane = createDataPlane({
    invokeFunction,
    functionPolicy: () => Promise.resolve(permission),
    now: () => Date.now() + offset,
    openUpstream: (origin, request) =>
      http.request({
        ...request,
        host: "127.0.0.1",
        // Port 1 refuses connections.
        port: origin.hostname === closedHost ? 1 : new URL(url).port,
      }),
    log: (line) => log.push(line),
    ...(options.readings && { readings: options.readings }),
  });
  const gateway = await startGateway({
    port: 0,
    backend: new URL(url),
    dataPlane,
  });
  stops.push(() => gateway.stop());
  const parts = { sha256, proofKey: publicKey };
  const apiId = await deploy(gateway, gate, parts);
  const host = `${apiId}.execute-api.${region}.amazonaws.com`;
  const address = new URL(gateway.url);
  return {
    gate,
    gateway,
    apiId,
    proofKey: privateKey,
    marker: errorMarker(gate, parts),
    seen,
    asked,
    log,
    ask: (method, path, { headers = {}, body } = {}) =>
      send(address, method, `/${gate.stageName}${path}`, {
        headers: isList(headers)
          ? ["Host", host, ...headers]
          : { Host: host, ...headers },
        ...(body === undefined ? {} : { body }),
      }),
    open: (method, path, headers) =>
      http.request(address, {
        method,
        path: `/${gate.stageName}${path}`,
        headers: { Host: host, ...headers },
        agent: false,
      }),
    control: (method, path, body) =>
      control(
        gateway,
        method,
        path.startsWith("//") ? path.slice(1) : `/restapis/${apiId}${path}`,
        body,
      ),
    pass: (seconds) => void (offset += seconds * 1000),
  };
}

const isList = (headers: object): headers is readonly string[] =>
  Array.isArray(headers);

/** What the program's invoke permission is on AWS; which API it names does not matter here. */
const permission = JSON.stringify({
  Statement: [
    {
      Effect: "Allow",
      Principal: { Service: "apigateway.amazonaws.com" },
      Action: "lambda:InvokeFunction",
      Resource: functionArn,
      Condition: {
        ArnLike: {
          "AWS:SourceArn": `arn:aws:execute-api:${region}:${account}:*/authorizers/*`,
        },
      },
    },
  ],
});

/** The calls that the program's resources make, in their order. */
async function deploy(
  gateway: Gateway,
  gate: Gate,
  parts: Pick<DocumentParts, "sha256" | "proofKey">,
): Promise<string> {
  const name = "ai-gate-prod";
  const api = await control(gateway, "POST", "/restapis", {
    name,
    endpointConfiguration: { types: ["REGIONAL"] },
  });
  const id = String(api["id"]);
  const document = buildDocument(gate, {
    name,
    authorizerUri: invocationUri(functionArn),
    ...parts,
  });
  const put = `/restapis/${id}?mode=overwrite&failonwarnings=true`;
  await control(gateway, "PUT", put, document);
  const deployment = await control(
    gateway,
    "POST",
    `/restapis/${id}/deployments`,
    {},
  );
  await control(gateway, "POST", `/restapis/${id}/stages`, {
    stageName: gate.stageName,
    deploymentId: deployment["id"],
  });
  const { rate, burst } = gate.throttle;
  await control(
    gateway,
    "PATCH",
    `/restapis/${id}/stages/${gate.stageName}`,
    patch(
      ["replace", "/*/*/throttling/rateLimit", String(rate)],
      ["replace", "/*/*/throttling/burstLimit", String(burst)],
    ),
  );
  return id;
}

export const patch = (
  ...operations: readonly (readonly [op: string, path: string, value: string])[]
) => ({
  patchOperations: operations.map(([op, path, value]) => ({ op, path, value })),
});

async function control(
  gateway: Gateway,
  method: string,
  path: string,
  body?: unknown,
): Promise<Json> {
  const authorization = `AWS4-HMAC-SHA256 Credential=${account}/20260101/${region}/apigateway/aws4_request, SignedHeaders=host, Signature=x`;
  const answer = await send(new URL(gateway.url), method, path, {
    headers: { authorization },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.status >= 300)
    throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
  return answer.body === "" ? {} : (JSON.parse(answer.body) as Json);
}

const root = join(__dirname, "..", "..");

/** Built by Node itself: the build script is an ES module with `import.meta`, which Jest does not load. */
async function bundle(): Promise<string> {
  const script = `
    import { buildAuthorizer } from ${JSON.stringify(join(root, "scripts", "build-authorizer.ts"))};
    process.stdout.write(await buildAuthorizer());`;
  const child = spawn(
    process.execPath,
    ["--input-type=module", "--eval", script],
    { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
  );
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(child, "close");
  if (text === "") throw new Error("the authorizer could not be bundled");
  return text;
}

/** What Lambda does with a handler, over the channel to the parent. */
const lambda = `
  import { handler } from "./index.mjs";
  process.on("message", async ({ id, event }) => {
    const context = { invokedFunctionArn: ${JSON.stringify(functionArn)} };
    const invocation = await handler(event, context).then(
      (payload) => ({ payload }),
      (error) => ({ payload: { errorType: error.name, errorMessage: error.message }, functionError: "Unhandled" }),
    );
    process.send({ id, invocation });
  });
  process.send({ id: 0 });`;

let bundled: Promise<string> | undefined;

async function startAuthorizer(
  settings: AuthorizerSettings,
  { log, ...services }: Services & { log: string[] },
): Promise<(event: unknown) => Promise<Invocation>> {
  const store = await aws(services);
  const directory = await mkdtemp(join(tmpdir(), "gate-authorizer-"));
  stops.push(() => rm(directory, { recursive: true }));
  bundled ??= bundle();
  await writeFile(join(directory, "index.mjs"), await bundled);
  await writeFile(join(directory, "settings.json"), JSON.stringify(settings));
  await writeFile(join(directory, "main.mjs"), lambda);
  const child = fork(join(directory, "main.mjs"), {
    cwd: directory,
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: "AKID",
      AWS_SECRET_ACCESS_KEY: "key-of-the-role",
      AWS_ENDPOINT_URL: store.origin,
    },
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => log.push(chunk.toString()));
  stops.push(() => ended(child));
  await once(child, "message");
  return questions(child);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill();
  await once(child, "exit");
}

function questions(
  child: ChildProcess,
): (event: unknown) => Promise<Invocation> {
  const waiting = new Map<number, (invocation: Invocation) => void>();
  child.on("message", (message) => {
    const { id, invocation } = message as {
      id: number;
      invocation: Invocation;
    };
    waiting.get(id)?.(invocation);
    waiting.delete(id);
  });
  let last = 0;
  return (event) =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      child.send({ id: last, event });
    });
}

type Services = Pick<GateOptions, "custom" | "secrets">;

/** Secrets Manager, SSM and Lambda, as far as the authorizer asks them. */
function aws({ custom, secrets = {} }: Services): Promise<URL> {
  return listen((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      // At its start the authorizer only looks whether it may ask.
      if (request.headers["x-amz-invocation-type"] === "DryRun") {
        response.writeHead(204).end();
        return;
      }
      if (request.url?.startsWith("/2015-03-31/functions/")) {
        const { functionError, payload } = custom?.(
          JSON.parse(text || "{}") as Asked["event"],
        ) ?? { payload: null };
        if (functionError !== undefined)
          response.setHeader("x-amz-function-error", functionError);
        response.end(JSON.stringify(payload));
        return;
      }
      const { SecretId: arn, Name: name } = JSON.parse(text) as Json;
      const value = secrets[String(arn ?? name)];
      if (value === undefined)
        response
          .writeHead(400)
          .end(JSON.stringify({ __type: "ResourceNotFoundException" }));
      else
        response.end(
          JSON.stringify({ SecretString: value, Parameter: { Value: value } }),
        );
    });
  });
}
