// The proof against a deployed gate with its real authorizer: what it asks of which upstream, and what it makes of the answers.
import type { RequestListener } from "node:http";
import { answerAi } from "../../../local/upstream/upstream-answers.ts";
import { usageKeyOf } from "../../../src/gate/usage-keys.ts";
import { createAsk } from "../../../src/proof/ask.ts";
import type { ProofResult } from "../../../src/proof/check.ts";
import { signProof } from "../../../src/proof/credential.ts";
import { planProof } from "../../../src/proof/plan.ts";
import { type ProofTools, prove } from "../../../src/proof/proof.ts";
import { consumer, everything, gateFor } from "../../fixtures/gates.ts";
import { type RunningGate, stopAll } from "../../fixtures/local-gate.ts";
import { sha256 } from "../../fixtures/sources.ts";

afterAll(stopAll);

/** What the services want, by host; a test changes it. */
const keys: Record<string, { header: string; value: string }> = {};
const rightKeys = {
  "api.openai.com": { header: "authorization", value: "Bearer openai-canary" },
  "api.anthropic.com": { header: "x-api-key", value: "claude-canary" },
  "r.openai.azure.com": { header: "api-key", value: "azure-canary" },
  "generativelanguage.googleapis.com": {
    header: "x-goog-api-key",
    value: "gemini-canary",
  },
};
beforeEach(() => void Object.assign(keys, rightKeys));

const secrets = {
  "/ai/openai": "openai-canary",
  "/ai/claude": "claude-canary",
  "/ai/azure": "azure-canary",
  "/ai/gemini": "gemini-canary",
};

/** The answer of a host that is none of the known services. */
let answerOther: RequestListener = (_, response) => response.end("{}");
beforeEach(() => (answerOther = (_, response) => response.end("{}")));

const answer: RequestListener = (request, response) => {
  const host = request.headers.host?.replace(/:\d+$/, "") ?? "";
  const credential = keys[host];
  if (credential === undefined) {
    answerOther(request, response);
    return;
  }
  const { headers, method = "", url = "" } = request;
  const sent = Object.entries(headers).map(([name, text]) => [
    name,
    String(text),
  ]);
  const seen = {
    host,
    method,
    path: url,
    headers: Object.fromEntries(sent) as Record<string, string>,
    body: "",
  };
  void answerAi(seen, response, { credential, chunkMs: 1 });
};

async function proveGate(
  running: RunningGate,
  more: Partial<ProofTools> = {},
): Promise<ProofResult> {
  const { apiId, gate, gateway, marker, proofKey } = running;
  const checks = planProof(gate, {
    removedRoutes: [],
    proofToken: false,
    today: "2026-03-01",
  });
  const baseUrl = `${gateway.url}/restapis/${apiId}/${gate.stageName}/_user_request_`;
  return prove(checks, {
    ask: createAsk({ baseUrl, marker }),
    sign: (id) =>
      signProof(proofKey, {
        gate: gate.id,
        stage: gate.stageName,
        consumer: id,
        run: "1",
        now: new Date(),
      }),
    now: () => 0,
    sleep: () => Promise.resolve(),
    log: () => undefined,
    deadline: 60,
    ...more,
  });
}

/** Everything that did not pass, in the order of the alphabet. */
const faults = ({ results }: ProofResult) =>
  results
    .flatMap(({ actual, id, status }) =>
      status === "passed" ? [] : [`${id}: ${status}, ${actual}`],
    )
    .sort();

describe("the services of vendors", () => {
  const gate = gateFor(
    `
upstreams:
  openai: { kind: openai, secret: ssm:/ai/openai }
  claude: { kind: anthropic, secret: ssm:/ai/claude }
  azure: { kind: azure-openai, url: https://r.openai.azure.com/openai, secret: ssm:/ai/azure }
  gemini: { kind: gemini, secret: ssm:/ai/gemini }
  unnamed: { url: https://api.openai.com/v1, secret: ssm:/ai/openai }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: openai }
  - { path: "/claude/{proxy+}", methods: [POST], upstream: claude, stream: false, timeout: 20 }
  - { path: "/azure/openai/{proxy+}", methods: [GET, POST], upstream: azure }
  - { path: "/gemini/{proxy+}", methods: [POST], upstream: gemini }
  - { path: "/chat/{proxy+}", methods: [POST], upstream: unnamed, stream: false, timeout: 20 }
consumers:
${consumer("admin")}
`,
    { answer, secrets },
  );

  test("with right keys nothing is at fault, and what was asked cost nothing", async () => {
    const proof = await proveGate(gate.it);
    expect(faults(proof)).toEqual([]);
    const asked = gate.it.seen.map(
      ({ body, method, url }) => `${method} ${url} ${body.length}`,
    );
    expect([...new Set(asked)].sort()).toEqual([
      "GET /openai/models?api-version=2024-10-21 0",
      "GET /v1/models 0",
      "POST /v1/chat/completions 0",
      "POST /v1/messages/count_tokens 0",
      "POST /v1beta/models/gemini-2.5-flash:countTokens 0",
    ]);
  });

  test.each<[keyof typeof rightKeys, string[]]>([
    [
      "api.openai.com",
      [
        "open openai: failed, 401",
        "streamed openai: not-made, 401",
        "open unnamed: failed, 401",
      ],
    ],
    ["api.anthropic.com", ["open claude: failed, 401"]],
    [
      "r.openai.azure.com",
      ["open azure: failed, 401", "streamed azure: not-made, 401"],
    ],
    [
      "generativelanguage.googleapis.com",
      ["open gemini: failed, 400", "streamed gemini: not-made, 400"],
    ],
  ])("a wrong key of %s is found", async (host, expected) => {
    keys[host] = { ...rightKeys[host], value: "another" };
    const proof = await proveGate(gate.it);
    expect(faults(proof)).toEqual([...expected].sort());
    expect(proof).toMatchObject({ failed: true, broken: false });
    const failed = proof.results.filter(({ status }) => status === "failed");
    for (const { attempts, message, upstreamRefused } of failed) {
      expect({ attempts, upstreamRefused }).toEqual({
        attempts: 3,
        upstreamRefused: true,
      });
      expect(message).toMatch(
        /^the upstream \w+ refuses the gate's credential: it answered \d+ to (GET|POST) \/\S+; check/,
      );
    }
    expect(JSON.stringify(proof)).not.toMatch(/canary|Incorrect|not valid/);
  });

  test("a new version of the secret, seen by the second attempt, is right", async () => {
    keys["api.anthropic.com"] = {
      ...rightKeys["api.anthropic.com"],
      value: "another",
    };
    const proof = await proveGate(gate.it, {
      sleep: () => {
        Object.assign(keys, rightKeys);
        return Promise.resolve();
      },
    });
    expect(faults(proof)).toEqual([]);
  });

  test("no credential of the proof reaches an upstream", async () => {
    await proveGate(gate.it);
    expect(everything(gate.it.seen)).not.toContain("eyJ");
  });
});

describe("any other service", () => {
  const gate = gateFor(
    `
upstreams:
  keyed: { url: https://keyed.example.com, secret: ssm:/ai/openai }
  bare: { url: https://bare.example.com/score }
routes:
  - { path: "/keyed/{proxy+}", methods: [GET], upstream: keyed }
  - { path: /bare, methods: [POST], upstream: bare, stream: false, timeout: 20 }
consumers:
${consumer("admin")}
`,
    { answer, secrets },
  );

  type Respond = (
    response: Parameters<RequestListener>[1],
    host: string,
  ) => void;

  test.each<[string, Respond, string[], RegExp]>([
    [
      "401",
      (response) => response.writeHead(401).end("canary"),
      [
        "open keyed: failed, 401",
        "streamed keyed: not-made, 401",
        "open bare: warning, 401",
      ],
      /bare wants a credential.*keyed refuses the gate's credential/,
    ],
    [
      "403, which may be the made-up path's",
      (response) => response.writeHead(403).end("canary"),
      [
        "open keyed: warning, 403",
        "streamed keyed: not-made, 403",
        "open bare: warning, 403",
      ],
      /bare wants a credential.*keyed may refuse the gate's credential/,
    ],
    [
      "a redirect to its own host",
      (response, host) =>
        response.writeHead(307, { location: `https://${host}/x/` }).end(),
      ["open keyed: warning, 307", "open bare: warning, 307"],
      /redirects to bare\.example\.com, which leads clients around the gate.*redirects to keyed\.example\.com/,
    ],
    [
      "a redirect on the gate",
      (response) => response.writeHead(307, { location: "/v1/other" }).end(),
      [],
      /^$/,
    ],
    [
      "200 for a path that there is not",
      (response) => response.end("<UnknownOperationException/>"),
      [
        // Of the made-up path nothing else could be expected.
        "streamed keyed: not-made, 200",
        "open bare: warning, 200",
      ],
      /bare answered UnknownOperationException/,
    ],
    [
      "503",
      (response) => response.writeHead(503).end("canary"),
      ["open keyed: warning, 503", "open bare: warning, 503"],
      /the upstream itself answered 503/,
    ],
  ])("that answers %s", async (_, respond, expected, words) => {
    answerOther = (request, response) =>
      respond(response, (request.headers.host ?? "").replace(/:\d+$/, ""));
    const proof = await proveGate(gate.it);
    expect(faults(proof)).toEqual([...expected].sort());
    const said = proof.results
      .map(({ message }) => message)
      .sort()
      .join("");
    expect(said).toMatch(words);
    expect(JSON.stringify(proof)).not.toContain("canary");
  });
});

describe("a SageMaker endpoint", () => {
  const gate = gateFor(
    `
upstreams:
  scorer: { kind: sagemaker, endpoint: scorer-v2 }
routes:
  - { path: /score, methods: [POST], upstream: scorer }
consumers:
${consumer("admin")}
`,
    { answer },
  );

  /** As SageMaker words it. */
  test.each([
    [
      403,
      "User: arn:aws:sts::123456789012:assumed-role/x is not authorized to perform: sagemaker:InvokeEndpoint",
      ["open scorer: failed, 403"],
    ],
    [
      400,
      "Endpoint scorer-v2 of account 123456789012 not found.",
      ["open scorer: failed, 400"],
    ],
    [424, "Received client error (400) from model", []],
  ])("that answers %i: %s", async (status, Message, expected) => {
    answerOther = (_, response) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ Message }));
    };
    let time = 0;
    const proof = await proveGate(gate.it, { now: () => (time += 5000) });
    expect(faults(proof)).toEqual(expected);
    expect(proof.results.some((one) => one.upstreamRefused)).toBe(
      expected.length > 0,
    );
    expect(JSON.stringify(proof)).not.toContain(Message);
  });
});

describe("pages", () => {
  const app = "https://app.example.com";
  const config = (origins: string) => `
upstreams:
  open: { url: https://open.example.com }
  silent: { url: https://silent.example.com }
  claude: { kind: anthropic, secret: ssm:/ai/claude }
routes:
  - { path: "/open/{proxy+}", methods: [GET, POST], upstream: open }
  - { path: /silent, methods: [POST], upstream: silent, stream: false, timeout: 20 }
  - { path: "/claude/{proxy+}", methods: [POST], upstream: claude }
consumers:
${consumer("admin")}
cors: { origins: [${origins}] }
`;
  const gate = gateFor(config(app), { answer, secrets });
  const several = gateFor(config(`"app://desk", ${app}`), { answer, secrets });
  const all = gateFor(config('"*"'), { answer, secrets });

  beforeEach(() => {
    answerOther = (request, response) => {
      if (request.headers.host?.startsWith("open"))
        response.setHeader(
          "access-control-allow-origin",
          request.headers.origin ?? "",
        );
      response.end("{}");
    };
  });

  test("are told of an upstream that hides its answer from them, and no more", async () => {
    const proof = await proveGate(gate.it);
    expect(faults(proof)).toEqual(["page answer silent: warning, 200"]);
    const found = proof.results.find(({ id }) => id === "page answer silent");
    expect(found?.message).toContain(
      `the answer of the upstream silent has no Access-Control-Allow-Origin for ${app}: the browser hides it`,
    );
    const ids = proof.results.map(({ id }) => id);
    expect(ids.filter((id) => id.includes("page"))).toEqual([
      "page preflight",
      "page refusal",
      "page answer claude",
      "page answer open",
      "page answer silent",
      "other-page preflight",
      "other-page refusal",
    ]);
  });

  test.each([
    ["several origins", several],
    ["all origins", all],
  ])("of %s", async (_, { it }) => {
    expect(faults(await proveGate(it))).toEqual([
      "page answer silent: warning, 200",
    ]);
  });

  /** Changes what the gate's own answers carry, as somebody by hand would, and deploys it. */
  async function change(
    { control, gateway, apiId }: RunningGate,
    value: string,
    where: "preflight" | "errors",
  ): Promise<void> {
    const parts = gateway.store.apis.get(apiId)!.parts;
    const allow = "header.Access-Control-Allow-Origin";
    if (where === "errors")
      for (const response of parts.gatewayResponses.values())
        Object.assign(response.responseParameters, {
          [`gatewayresponse.${allow}`]: value,
        });
    else
      for (const { methods } of parts.resources.values()) {
        const responses =
          methods.get("OPTIONS")?.methodIntegration?.integrationResponses;
        for (const response of Object.values(responses ?? {}))
          Object.assign(response.responseParameters ?? {}, {
            [`method.response.${allow}`]: value,
          });
      }
    await control("POST", "/deployments", { stageName: "v1" });
  }

  test.each([
    ["preflight", "'*'", ["other-page preflight: failed, 200"]],
    [
      "preflight",
      "'https://other.example.com'",
      ["page preflight: failed, 200"],
    ],
    ["errors", "'*'", ["other-page refusal: failed, 401 UNAUTHORIZED"]],
    [
      "errors",
      "'https://other.example.com'",
      ["page refusal: failed, 401 UNAUTHORIZED"],
    ],
  ] as const)(
    "of other origins, when the %s are changed to %s",
    async (where, value, expected) => {
      await change(gate.it, value, where);
      const proof = await proveGate(gate.it, { deadline: 0 });
      await change(gate.it, `'${app}'`, where);
      const silent = "page answer silent: warning, 200";
      expect(faults(proof).filter((fault) => fault !== silent)).toEqual(
        expected,
      );
      expect(proof).toMatchObject({ failed: true, broken: false });
    },
  );
});

test("the key of a new plan is waited for until API Gateway knows it", async () => {
  const gate = planned.it;
  const key = usageKeyOf(gate.gate, { id: "admin", plan: "basic" }, sha256);
  const { id: planId } = await gate.control("POST", "//usageplans", {
    name: "basic",
    apiStages: [{ apiId: gate.apiId, stage: "v1" }],
    throttle: { rateLimit: 100, burstLimit: 100 },
  });
  let time = 0;
  let isKnown = false;
  const log: string[] = [];
  const proof = await proveGate(gate, {
    now: () => time,
    sleep: async (milliseconds) => {
      time += milliseconds;
      if (time < 120_000 || isKnown) return;
      isKnown = true;
      const made = { name: "k", value: key, enabled: true };
      const { id: keyId } = await gate.control("POST", "//apikeys", made);
      const path = `//usageplans/${String(planId)}/keys`;
      await gate.control("POST", path, { keyId, keyType: "API_KEY" });
    },
    log: (text) => log.push(text),
    deadline: 90,
    usageKeyDeadline: 240,
  });
  expect(faults(proof)).toEqual([]);
  expect(log).toHaveLength(1);
  expect(time).toBeGreaterThan(90_000);
});

const planned = gateFor(
  `
plans: { basic: { rate: 100, burst: 100 } }
upstreams:
  bare: { url: https://bare.example.com/score }
routes:
  - { path: /bare, methods: [POST], upstream: bare, stream: false, timeout: 20 }
consumers:
${consumer("admin", undefined, ", plan: basic")}
`,
  { answer, secrets },
);
