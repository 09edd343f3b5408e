import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { proofKeyFrom, proveRun } from "../../../src/action/stack/prove.ts";
import { readInputs } from "../../../src/action/inputs/inputs.ts";
import { readJob } from "../../../src/action/job.ts";
import type { ProofKey } from "../../../src/action/describe.ts";
import { sha256 } from "../../../src/deploy/names.ts";
import type { Gate } from "../../../src/gate/gate.ts";
import type { Change } from "../../../src/report/changes.ts";
import { errorMarker } from "../../../src/gate/openapi/gateway-responses.ts";
import { outputsOf } from "../../../src/report/outputs.ts";
import type { Urls } from "../../../src/report/run-result.ts";
import { hostWith } from "../../fixtures/host.ts";
import { gate as buildGate } from "../../fixtures/proof-gates.ts";

const newProofKey = () =>
  proofKeyFrom(
    { outputs: {}, secretOutputs: () => Promise.resolve({}) },
    () => undefined,
  );

let server: Server;
let baseUrl: string;
/** Resolved by the first request. */
let asked: Promise<void>;
let status: number | undefined;
/** In place of `status`. */
let gateAnswer: RequestListener | undefined;

beforeEach(async () => {
  let tell = () => {};
  asked = new Promise((resolve) => (tell = resolve));
  gateAnswer = undefined;
  server = createServer((request, response) => {
    tell();
    if (gateAnswer !== undefined) {
      gateAnswer(request, response);
      return;
    }
    // Undefined: a gate that never answers.
    if (status !== undefined) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const prove = (
  signal: AbortSignal,
  {
    gate = buildGate(),
    log = () => undefined,
    changes = [],
    environment = {},
    proofKey,
    timeout = "600",
    urls = {},
  }: {
    changes?: Change[];
    environment?: Record<string, string>;
    gate?: Gate;
    log?: (text: string) => void;
    proofKey?: ProofKey;
    timeout?: string;
    urls?: Partial<Urls>;
  } = {},
) => {
  const url = { invokeUrl: baseUrl, baseUrl, apiId: "a", stageName: "v1" };
  const run = {
    command: "up" as const,
    gateId: "ai-gate/prod",
    region: "eu-west-1",
    stack: "prod",
    previewed: false,
    changes,
    urls: { ...url, region: "eu-west-1", ...urls },
    failure: undefined,
  };
  const getInput = (name: string) =>
    name === "proof-timeout" ? timeout : undefined;
  return proveRun(
    run,
    { gate, proofKey },
    {
      inputs: readInputs({ getInput, setSecret: () => undefined }),
      job: readJob(environment),
      host: hostWith({ signal, log }),
    },
  );
};

test.each<[string, number | undefined]>([
  ["a gate that never answers", undefined],
  ["a gate that is not there yet, asked again and again", 503],
])("a cancel ends the waiting for %s at once", async (_, answer) => {
  status = answer;
  const controller = new AbortController();
  const proof = prove(controller.signal);
  await asked;
  controller.abort();
  expect((await proof).failure).toMatchObject({
    reason: "cancelled",
    message: expect.stringContaining("the gate is deployed, but not proved"),
  });
});

test("a run that is cancelled by then asks nothing twice", async () => {
  status = 503;
  const { failure } = await prove(AbortSignal.abort());
  expect(failure?.reason).toBe("cancelled");
});

const credential = {
  header: "Authorization",
  prefix: "Bearer ",
  secret: { store: "ssm", name: "/ai/key" },
} as const;

/** A gate that is closed as it should be; `passed` is what a call of a known caller is answered with. */
function closedGate(
  gate: Gate,
  { publicKey: proofKey }: ProofKey,
  passed: (path: string) => string,
): RequestListener {
  const marker = errorMarker(gate, { proofKey, sha256 });
  const answerTo = (path: string, token: string | undefined): string => {
    if (path === "/healthz") return "200";
    // Where clients ask for a WebSocket.
    if (path.endsWith("/responses") && !token) return "405 DEFAULT_4XX";
    if (path.includes("unknown")) return "404 MISSING_AUTHENTICATION_TOKEN";
    const [, claims = ""] = token?.split(".") ?? [];
    if (!claims || claims === "wrong-credential") return "401 UNAUTHORIZED";
    const { sub } = JSON.parse(Buffer.from(claims, "base64url").toString()) as {
      sub: string;
    };
    return sub !== "ops" && path === "/score"
      ? "403 ACCESS_DENIED"
      : passed(path);
  };
  return ({ headers, url = "" }, response) => {
    const [code, error] = answerTo(url, headers.authorization).split(" ");
    if (error) response.setHeader("x-ai-gate-error", `${error} ${marker}`);
    response.writeHead(Number(code)).end("secret-of-the-upstream");
  };
}

const never = () => new AbortController().signal;

test("a wrong key of one upstream fails the run for that reason, with its name and what to do", async () => {
  const [openai, scorer] = buildGate().upstreams;
  const gate = buildGate({ upstreams: [{ ...openai!, credential }, scorer!] });
  const proofKey = await newProofKey();
  gateAnswer = closedGate(gate, proofKey, (path) =>
    path === "/openai/models" ? "401" : "200",
  );
  const { failure, proof } = await prove(never(), { gate, proofKey });
  expect(failure).toMatchObject({
    reason: "upstream-refused",
    message:
      "The gate is closed, but the upstream openai refuses the gate's credential: it answered 401 to GET /openai/models; check the upstream's secret and header",
  });
  expect(proof).toMatchObject({ broken: false, failed: true });
  expect(
    proof?.results.flatMap(({ id, status: is }) =>
      is === "passed" ? [] : [[id, is]],
    ),
  ).toEqual([
    ["open openai", "failed"],
    ["streamed openai", "not-made"],
  ]);
  expect(JSON.stringify(proof)).not.toContain("secret-of-the-upstream");
});

test("where the gate itself does not work either, that is the reason", async () => {
  const [openai, scorer] = buildGate().upstreams;
  const gate = buildGate({ upstreams: [{ ...openai!, credential }, scorer!] });
  const proofKey = await newProofKey();
  gateAnswer = closedGate(gate, proofKey, (path) =>
    path === "/openai/models" ? "401" : "504 INTEGRATION_FAILURE",
  );
  const { failure } = await prove(never(), { gate, proofKey, timeout: "4" });
  expect(failure).toMatchObject({
    reason: "gate-broken",
    message: expect.stringMatching(/^The gate does not work\. .*and 1 more/),
  });
});

test.each([
  ["", "240"],
  ["3", "3"],
])(
  "with plans and a timeout of `%s` a usage key is waited for %s seconds",
  async (timeout, seconds) => {
    const plans = [{ name: "basic", rate: 1, burst: 1 }];
    const gate = buildGate({ plans });
    const proofKey = await newProofKey();
    let left = 2;
    gateAnswer = closedGate(gate, proofKey, () =>
      left-- > 0 ? "403 INVALID_API_KEY" : "200",
    );
    const log: string[] = [];
    const { failure } = await prove(never(), {
      gate,
      proofKey,
      timeout,
      log: (text) => log.push(text),
    });
    expect(failure).toBeUndefined();
    expect(log).toEqual([
      expect.stringContaining(`waits for it, up to ${seconds} seconds`),
    ]);
  },
);

test("a gate whose default endpoint is off, and whose domain leads elsewhere, is not proved and so not ready; the run is green", async () => {
  status = 404;
  const domain = {
    name: "ai.example.com",
    basePath: "",
    defaultEndpoint: false,
  };
  const surroundings = process.env;
  // AWS does not tell where the domain name is.
  process.env = { ...surroundings, AWS_ENDPOINT_URL: baseUrl };
  const run = await prove(never(), {
    gate: buildGate({ domain }),
    urls: {
      domain: { name: domain.name, stageUrl: "https://abc.example/v1" },
    },
  });
  process.env = surroundings;
  expect(run.failure).toBeUndefined();
  expect(run.proof).toMatchObject({
    ...{ broken: false, failed: false, outside: true, withoutAddress: true },
    results: [{ id: "proof", status: "not-made" }],
  });
  expect(outputsOf(run, "")).toMatchObject({
    ready: "false",
    verdict:
      "No changes, the gate is up to date; nothing was proved: the gate answers at its domain only, and DNS does not lead there yet",
    proof: expect.stringContaining(
      "Nothing was proved: the default endpoint is off, and lead ai.example.com to",
    ) as string,
  });
}, 20_000);

describe("with a new document AWS is asked what it would send on", () => {
  const document = {
    name: "api",
    type: "aws:apigateway/restApi:RestApi",
    action: "update",
  } as unknown as Change;
  const gate = buildGate();
  let aws: Server;
  let answerAws: RequestListener;
  const asked: string[] = [];
  const before = process.env["AWS_ENDPOINT_URL"];

  beforeEach(async () => {
    asked.length = 0;
    aws = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      answerAws(request, response);
    });
    await new Promise<void>((resolve) => aws.listen(0, "127.0.0.1", resolve));
    process.env["AWS_ENDPOINT_URL"] =
      `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    if (before === undefined) delete process.env["AWS_ENDPOINT_URL"];
    else process.env["AWS_ENDPOINT_URL"] = before;
    aws.closeAllConnections();
    await new Promise((resolve) => aws.close(resolve));
  });

  const items = gate.routes.map(({ path }, index) => ({
    id: `r${index}`,
    path,
  }));
  /** @param log of each call, by what it tries */
  const answering =
    (log: (path: string, headers: string) => string): RequestListener =>
    (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        response.setHeader("content-type", "application/json");
        if (request.method === "GET")
          response.end(
            JSON.stringify({ _embedded: { item: items }, item: items }),
          );
        else {
          const { headers, pathWithQueryString } = JSON.parse(body) as {
            headers?: Record<string, string>;
            pathWithQueryString: string;
          };
          const pairs = Object.entries(headers ?? {}).map((one) =>
            one.join("="),
          );
          response.end(
            JSON.stringify({ log: log(pathWithQueryString, pairs.join(", ")) }),
          );
        }
      });
    };
  const sent = (path: string, headers: string) =>
    `T : Endpoint request URI: https://a.example.com${path}\nT : Endpoint request headers: {${headers}}\n`;

  async function proved(changes = [document]) {
    const proofKey = await newProofKey();
    gateAnswer = closedGate(gate, proofKey, () => "200");
    const environment = {
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
    };
    const { failure, proof } = await prove(never(), {
      gate,
      changes,
      environment,
      proofKey,
      timeout: "4",
    });
    const received = (proof?.results ?? []).filter(({ id }) =>
      id.startsWith("received"),
    );
    return { failure, received };
  }

  test("which is a check for each upstream", async () => {
    answerAws = answering((path) => sent(path, "x-api-key=none"));
    const { failure, received } = await proved();
    expect(failure).toBeUndefined();
    expect(received.map(({ id, status }) => [id, status])).toEqual([
      ["received openai", "passed"],
      ["received scorer", "passed"],
    ]);
  });

  test("a header of the caller's that goes on is `gate-broken`", async () => {
    answerAws = answering(sent);
    const { failure, received } = await proved();
    expect(failure).toMatchObject({
      reason: "gate-broken",
      message: expect.stringContaining("What openai would receive of"),
    });
    expect(received.map(({ status }) => status)).toContain("failed");
  });

  test("where it is denied it is not made, and the run is as good as without", async () => {
    answerAws = (_, response) => {
      response.setHeader("x-amzn-errortype", "AccessDeniedException");
      response.writeHead(403).end('{"message":"no"}');
    };
    const { failure, received } = await proved();
    expect(failure).toBeUndefined();
    expect(received.map(({ id, status }) => [id, status])).toEqual([
      ["received openai", "not-made"],
      ["received scorer", "not-made"],
    ]);
    expect(received[0]?.message).toContain("allow apigateway:POST");
  });

  test("an unchanged document is not asked about", async () => {
    answerAws = answering(sent);
    expect((await proved([])).received).toEqual([]);
    expect(asked).toEqual([]);
  });
});
