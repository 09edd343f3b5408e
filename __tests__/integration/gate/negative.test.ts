// Gates that are broken in the ways that people break them (by hand in the console, by another tool, by a fault of ours), and
// what of the product catches each: the import that the program makes, the proof, or validation.
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Invocation } from "../../../local/apigateway/data/collaborators.ts";
import { buildDocument } from "../../../src/gate/openapi/openapi.ts";
import { createAsk } from "../../../src/proof/ask.ts";
import type { ProofResult } from "../../../src/proof/check.ts";
import { signProof } from "../../../src/proof/credential.ts";
import { planProof, type RemovedRoute } from "../../../src/proof/plan.ts";
import { prove } from "../../../src/proof/proof.ts";
import { functionArn, invocationUri } from "../../fixtures/data-plane.ts";
import { consumer, gateFor, secrets, source } from "../../fixtures/gates.ts";
import {
  closedHost,
  patch,
  permission,
  type RunningGate,
  stopAll,
} from "../../fixtures/local-gate.ts";
import {
  fewInputs,
  printedProblems,
  problemsOf,
  secretArn,
  sourceOf,
} from "../../fixtures/sources.ts";

afterAll(stopAll);

const config = `
upstreams:
  openai: { url: https://api.openai.com/v1, secret: "${secretArn}" }
  scorer: { url: https://scores.example.com }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: openai }
  - { path: /score, methods: [POST], upstream: scorer, stream: false }
consumers:
${consumer("team-a", '["/openai/**"]')}
${consumer("admin")}
`;

type Authorizer = () => Promise<Invocation>;

const unbroken = {
  decide: (authorizer: Authorizer) => authorizer(),
  permission: () => permission as string | undefined,
};
let broken: Partial<typeof unbroken> = {};

/** As AI services do, the upstreams refuse a credential that is not theirs. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const known = ["none", `Bearer ${secrets[secretArn]}`];
  const isKnown = known.includes(request.headers.authorization ?? "");
  response.writeHead(isKnown ? 200 : 401, { "content-type": "text/plain" });
  for (const piece of ["one", "two"]) response.write(piece);
  response.end();
}

const holder = gateFor(source(config), {
  answer,
  intercept: (_arn, _event, authorizer) =>
    (broken.decide ?? unbroken.decide)(authorizer),
  functionPolicy: () => (broken.permission ?? unbroken.permission)(),
});

type Document = ReturnType<typeof buildDocument>;
/** Open to any change. */
interface Loose {
  [key: string]: Loose;
}

function documentOf({
  gate,
  proofKey: { kty, crv, x },
}: RunningGate): Document {
  return buildDocument(gate, {
    name: "ai-gate-prod",
    authorizerUri: invocationUri(functionArn),
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    proofKey: { kty, crv, x },
  });
}

const importTo = (
  { control }: RunningGate,
  document: object,
  failOnWarnings: boolean,
) =>
  control("PUT", `?mode=overwrite&failonwarnings=${failOnWarnings}`, document);

const deploy = ({ control }: RunningGate) =>
  control("POST", "/deployments", { stageName: "v1" });

function edited(it: RunningGate, edit: (document: Loose) => void): object {
  const document = structuredClone(documentOf(it)) as unknown as Loose;
  edit(document);
  return document;
}

/** Imports the document as it should not be, as a tool would that takes no warning seriously. */
const withDocument =
  (edit: (document: Loose) => void) => async (it: RunningGate) => {
    await importTo(it, edited(it, edit), false);
    await deploy(it);
  };

const withApi =
  (...operations: [op: string, path: string, value: string][]) =>
  async (it: RunningGate) => {
    await it.control("PATCH", "", patch(...operations));
    await deploy(it);
  };

const withDecision =
  (decide: (authorizer: Authorizer) => Promise<Invocation>) => () => {
    broken = { decide };
    return Promise.resolve();
  };

const throttle = ({ control }: RunningGate, rate: number) =>
  control(
    "PATCH",
    "/stages/v1",
    patch(
      ["replace", "/*/*/throttling/rateLimit", String(rate)],
      ["replace", "/*/*/throttling/burstLimit", String(rate)],
    ),
  );

function proved(
  { apiId, gate, gateway, marker, proofKey }: RunningGate,
  removedRoutes: readonly RemovedRoute[] = [],
): Promise<ProofResult> {
  const baseUrl = `${gateway.url.replace(/\/$/, "")}/restapis/${apiId}/v1/_user_request_`;
  return prove(
    planProof(gate, { removedRoutes, proofToken: false, today: "2020-01-01" }),
    {
      ask: createAsk({ baseUrl, marker }),
      sign: (id) =>
        signProof(proofKey, {
          gate: gate.id,
          stage: gate.stageName,
          consumer: id,
          run: "1",
          now: new Date(),
        }),
      log: () => undefined,
      now: Date.now,
      sleep: () => Promise.resolve(),
      // Nothing here propagates: one question tells.
      deadline: 0,
    },
  );
}

/** What did not pass, as `id: status`. */
const faults = ({ results }: ProofResult): string[] =>
  results
    .filter(({ status }) => status !== "passed")
    .map(({ id, status }) => `${id}: ${status}`);

afterEach(async () => {
  const { it } = holder;
  broken = {};
  await it.control("PATCH", "", patch(["replace", "/policy", ""]));
  await throttle(it, 1000);
  await importTo(it, documentOf(it), true);
  await deploy(it);
});

test("unbroken, the gate is proved whole", async () => {
  const result = await proved(holder.it);
  expect(faults(result)).toEqual([]);
  expect(result).toMatchObject({ broken: false, failed: false });
});

const operation = (document: Loose, path: string, method: string): Loose =>
  document["paths"]![path]![method]!;
const authorizerOf = (document: Loose): Loose =>
  document["components"]!["securitySchemes"]!["gate"]!;
const responsesOf = (document: Loose): Loose =>
  document["x-amazon-apigateway-gateway-responses"]!;
const integrationOf = (document: Loose, path: string, method: string): Loose =>
  operation(document, path, method)["x-amazon-apigateway-integration"]!;
const parametersOf = (document: Loose, path: string, method: string): Loose =>
  integrationOf(document, path, method)["requestParameters"]!;
const openOperation = {
  responses: { "200": { description: "Any" } },
  "x-amazon-apigateway-integration": {
    type: "http_proxy",
    httpMethod: "GET",
    uri: "https://scores.example.com",
    responseTransferMode: "BUFFERED",
    timeoutInMillis: 29_000,
    requestParameters: { "integration.request.header.Authorization": "'none'" },
  },
};
const allowAll: Invocation = {
  payload: {
    principalId: "anyone",
    policyDocument: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "execute-api:Invoke", Resource: "*" },
      ],
    },
    context: { consumer: "anyone", credential: "none" },
  },
};

/** In place of each Deny, a policy that says nothing of the call. */
const silent = async (authorizer: Authorizer): Promise<Invocation> => {
  const { payload, ...rest } = await authorizer();
  const text = JSON.stringify(payload);
  return {
    payload: (text.includes('"Deny"')
      ? JSON.parse(
          text.replaceAll('"Deny"', '"Allow"').replaceAll(apiArnPattern, "$1x"),
        )
      : payload) as unknown,
    ...rest,
  };
};
const apiArnPattern = /(arn:aws:execute-api:[^"]*)/g;
const resourcePolicy = (effect: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: effect,
        Principal: "*",
        Action: "execute-api:Invoke",
        Resource: "execute-api:/*",
      },
    ],
  });

interface Row {
  readonly how: string;
  readonly break: (it: RunningGate) => Promise<unknown>;
  readonly removed?: readonly RemovedRoute[];
  /** A check that does not pass: its id, and what it comes to where that is the point. */
  readonly caughtBy: string;
  /** Whether a call got through that should not. */
  readonly isOpen: boolean;
}

const rows: readonly Row[] = [
  {
    how: "a method without security",
    break: withDocument((document) => {
      Object.assign(operation(document, "/score", "post"), { security: [] });
    }),
    caughtBy: "closed POST /score: failed",
    isOpen: true,
  },
  {
    how: "a security scheme without its authtype",
    break: withDocument((document) => {
      delete authorizerOf(document)["x-amazon-apigateway-authtype"];
    }),
    caughtBy: "closed GET /openai/{proxy+}: failed",
    isOpen: true,
  },
  {
    how: "a usage key in place of the authorizer",
    break: withDocument((document) => {
      Object.assign(document["components"]!["securitySchemes"]!, {
        api_key: { type: "apiKey", name: "x-api-key", in: "header" },
      });
      Object.assign(operation(document, "/score", "post"), {
        security: [{ api_key: [] }],
      });
    }),
    caughtBy: "closed POST /score: failed",
    isOpen: true,
  },
  {
    how: "a usage key beside the authorizer, without a plan",
    break: withDocument((document) => {
      Object.assign(document["components"]!["securitySchemes"]!, {
        api_key: { type: "apiKey", name: "x-api-key", in: "header" },
      });
      Object.assign(operation(document, "/score", "post"), {
        security: [{ gate: [], api_key: [] }],
      });
    }),
    caughtBy: "open scorer: failed",
    isOpen: false,
  },
  {
    how: "a resource policy that allows all, beside an authorizer that is silent",
    break: async (it) => {
      broken = { decide: silent };
      await withApi(["replace", "/policy", resourcePolicy("Allow")])(it);
    },
    caughtBy: "denied team-a: failed",
    isOpen: true,
  },
  {
    how: "a resource policy that denies all",
    break: withApi(["replace", "/policy", resourcePolicy("Deny")]),
    caughtBy: "closed POST /score: failed",
    isOpen: false,
  },
  {
    how: "no permission for API Gateway to invoke the authorizer",
    break: () => {
      broken = { permission: () => undefined };
      return Promise.resolve();
    },
    caughtBy: "closed POST /score: failed",
    isOpen: false,
  },
  {
    how: "a permission for another API",
    break: () => {
      broken = {
        permission: () =>
          permission.replace(":*/authorizers/", ":other/authorizers/"),
      };
      return Promise.resolve();
    },
    caughtBy: "closed POST /score: failed",
    isOpen: false,
  },
  {
    how: "an authorizer of another name",
    break: withDocument((document) => {
      Object.assign(authorizerOf(document)["x-amazon-apigateway-authorizer"]!, {
        authorizerUri: "arn:aws:apigateway:eu-west-1:lambda:path/x",
      });
    }),
    caughtBy: "closed POST /score: failed",
    isOpen: false,
  },
  {
    how: "a removed route that was not deployed",
    break: async (it) => {
      const document = edited(it, (one) => {
        const { "x-amazon-apigateway-integration": integration, ...rest } =
          operation(one, "/score", "post");
        Object.assign(one["paths"]!, {
          "/old": {
            get: { "x-amazon-apigateway-integration": integration, ...rest },
          },
        });
      });
      await importTo(it, document, true);
      await deploy(it);
      await importTo(it, documentOf(it), true);
    },
    removed: [{ path: "/old", methods: ["GET"] }],
    caughtBy: "removed GET /old: failed",
    isOpen: false,
  },
  {
    how: "a removed route that is left open",
    break: withDocument((document) => {
      Object.assign(document["paths"]!, { "/old": { get: openOperation } });
    }),
    removed: [{ path: "/old", methods: ["GET"] }],
    caughtBy: "removed GET /old: failed",
    isOpen: true,
  },
  {
    how: "a route for everything, open",
    break: withDocument((document) => {
      Object.assign(document["paths"]!, {
        "/{any+}": { get: openOperation },
      });
    }),
    caughtBy: "unknown: failed",
    isOpen: true,
  },
  {
    how: "the caller's credential passed through to the upstream",
    break: withDocument((document) => {
      delete parametersOf(document, "/openai/{proxy+}", "get")[
        "integration.request.header.Authorization"
      ];
    }),
    caughtBy: "open openai: ",
    isOpen: false,
  },
  {
    how: "another key for the upstream",
    break: withDocument((document) => {
      Object.assign(parametersOf(document, "/openai/{proxy+}", "get"), {
        "integration.request.header.Authorization": "'Bearer sk-of-another'",
      });
    }),
    caughtBy: "open openai: ",
    isOpen: false,
  },
  {
    how: "an upstream that is not there",
    break: withDocument((document) => {
      Object.assign(integrationOf(document, "/score", "post"), {
        uri: `https://${closedHost}`,
      });
    }),
    caughtBy: "open scorer: failed",
    isOpen: false,
  },
  {
    how: "a streamed route that is buffered",
    break: withDocument((document) => {
      Object.assign(integrationOf(document, "/openai/{proxy+}", "get"), {
        responseTransferMode: "BUFFERED",
        timeoutInMillis: 29_000,
      });
    }),
    caughtBy: "streamed openai: not-made",
    isOpen: false,
  },
  {
    how: "a 401 that is not the gate's",
    break: withDocument((document) => {
      delete responsesOf(document)["UNAUTHORIZED"];
      delete responsesOf(document)["DEFAULT_4XX"];
    }),
    caughtBy: "closed POST /score: failed",
    isOpen: true,
  },
  {
    how: "API Gateway's own answer for a route that is not there",
    break: withDocument((document) => {
      delete responsesOf(document)["MISSING_AUTHENTICATION_TOKEN"];
    }),
    caughtBy: "unknown: failed",
    isOpen: false,
  },
  {
    how: "no health route",
    break: withDocument((document) => {
      delete document["paths"]!["/healthz"];
    }),
    caughtBy: "health: failed",
    isOpen: false,
  },
  {
    how: "a stage that lets no call pass",
    break: (it) => throttle(it, 0),
    caughtBy: "health: not-made",
    isOpen: false,
  },
  {
    how: "an authorizer that lets everyone pass",
    break: withDecision(() => Promise.resolve(allowAll)),
    caughtBy: "closed POST /score: failed",
    isOpen: true,
  },
  {
    how: "a policy with a star for whom the authorizer knows",
    break: withDecision(async (authorizer) => {
      const invocation = await authorizer();
      return invocation.functionError === undefined ? allowAll : invocation;
    }),
    caughtBy: "denied team-a: failed",
    isOpen: true,
  },
  {
    how: "an authorizer that throws another word than Unauthorized",
    break: withDecision(() =>
      Promise.resolve({
        payload: { errorType: "Error", errorMessage: "unauthorized" },
        functionError: "Unhandled",
      }),
    ),
    caughtBy: "closed POST /score: failed",
    isOpen: false,
  },
  {
    how: "a context that is nested",
    break: withDecision(async (authorizer) => {
      const { payload, ...rest } = await authorizer();
      return rest.functionError === undefined
        ? { payload: { ...(payload as object), context: { a: { b: "c" } } } }
        : { payload, ...rest };
    }),
    caughtBy: "open scorer: failed",
    isOpen: false,
  },
  {
    how: "a policy for another API",
    break: withDecision(async (authorizer) => {
      const { payload, ...rest } = await authorizer();
      return {
        payload: JSON.parse(
          JSON.stringify(payload).replaceAll(/:[a-z0-9]+\/v1\//g, ":other/v1/"),
        ) as unknown,
        ...rest,
      };
    }),
    caughtBy: "open scorer: failed",
    isOpen: false,
  },
];

test.each(rows)("the proof catches: $how", async (row) => {
  const { it } = holder;
  await row.break(it);
  const result = await proved(it, row.removed);
  expect(faults(result)).toContainEqual(
    expect.stringMatching(`^${row.caughtBy.replaceAll(/[{}+]/g, ".")}`),
  );
  expect(result.broken).toBe(row.isOpen);
});

test("a resource policy that allows all opens nothing, since the authorizer's Deny is explicit", async () => {
  const { it } = holder;
  await withApi(["replace", "/policy", resourcePolicy("Allow")])(it);
  expect(faults(await proved(it))).toEqual([]);
});

describe("the program's import and deployment refuse", () => {
  const documents: readonly [string, (document: Loose) => void][] = [
    [
      "a security scheme without an authorizer",
      (document) => {
        delete authorizerOf(document)["x-amazon-apigateway-authorizer"];
      },
    ],
    [
      "a scheme that REST APIs do not have",
      (document) => {
        document["components"]!["securitySchemes"] = {
          gate: { type: "http", scheme: "bearer" },
        } as never;
      },
    ],
    [
      "a method whose scheme is not there",
      (document) => {
        Object.assign(operation(document, "/score", "post"), {
          security: [{ other: [] }],
        });
      },
    ],
    [
      "a method without an integration",
      (document) => {
        delete operation(document, "/score", "post")[
          "x-amazon-apigateway-integration"
        ];
      },
    ],
  ];

  test.each(documents)("%s", async (_how, edit) => {
    const { it } = holder;
    const deployed = async () => {
      await importTo(it, edited(it, edit), true);
      await deploy(it);
    };
    await expect(deployed()).rejects.toThrow(/: 400 /);
  });
});

const good = "upstreams: { a: { url: https://a.example.com } }";
const route = "routes: [{ path: /a, upstream: a }]";
const caller = "consumers: [{ id: a, token: { env: TEAM_A_TOKEN } }]";

test.each<[string, RegExp, ...string[]]>([
  ["no authorization", /^auth\.mode.*"none"/, "auth: { mode: none }", good],
  [
    "an edge endpoint",
    /^endpoint.*Invalid value "EDGE": use regional or private/,
    "endpoint: EDGE",
    good,
  ],
  ["a resource policy", /^policy.*Unknown key/, "policy: { a: b }", good],
  [
    "a route without an upstream",
    /^routes\[0\]\.upstream.*Missing key/,
    good,
    "routes: [{ path: /a }]",
  ],
  [
    "an upstream in the clear",
    /^upstreams\.a\.url.*is not https/,
    "upstreams: { a: { url: http://a.example.com } }",
  ],
  [
    "a credential of the gate as a plain header",
    /^upstreams\.a\.headers\.Authorization.*set by the gate itself/,
    "upstreams: { a: { url: https://a.example.com, headers: { Authorization: x } } }",
  ],
  [
    "a key in the file",
    /^upstreams\.a\.secret.*Not a reference/,
    "upstreams: { a: { url: https://a.example.com, secret: sk-canary } }",
  ],
  [
    "a cached answer for several headers",
    /^auth\.cache-ttl.*single token header/,
    "token-header: [Authorization, x-api-key]",
    "auth: { cache-ttl: 30 }",
    good,
  ],
  [
    "a cached answer for a day",
    /^auth\.cache-ttl.*0 to 3600/,
    "auth: { cache-ttl: 86400 }",
    good,
  ],
  [
    "a buffered answer beyond API Gateway's time",
    /^routes\[0\]\.timeout.*at most 29 seconds/,
    good,
    "routes: [{ path: /a, upstream: a, stream: false, timeout: 60 }]",
  ],
  [
    "two upstreams for one call",
    /^routes\[1\]\.path.*Duplicate route/,
    good,
    "routes: [{ path: /a, upstream: a }, { path: /a, upstream: a }]",
  ],
  [
    "a route in place of the health route",
    /^routes\[0\]\.path.*\/healthz/,
    good,
    "routes: [{ path: /healthz, upstream: a }]",
  ],
  [
    "access to a route that is not there",
    /^consumers\[0\]\.routes\[0\].*matches no route/,
    good,
    "consumers: [{ id: a, token: { env: TEAM_A_TOKEN }, routes: [/b] }]",
  ],
  [
    "a token in the clear",
    /^consumers\[0\]\.token.*never the token itself/,
    good,
    "consumers: [{ id: a, token: canary-0123456789 }]",
  ],
])("validation refuses %s", (_how, sentence, ...lines) => {
  const rest = [route, caller].filter(
    (line) => !lines.some((one) => one.startsWith(line.slice(0, 6))),
  );
  const text = [...lines, ...rest].join("\n");
  const problems = problemsOf(sourceOf(fewInputs, text));
  expect(problems).toHaveLength(1);
  expect(printedProblems(problems)).toMatch(sentence);
  expect(printedProblems(problems)).not.toContain("canary");
});
