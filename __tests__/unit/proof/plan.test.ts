import { readFileSync } from "node:fs";
import type {
  Access,
  Gate,
  HttpMethod,
  Route,
} from "../../../src/gate/gate.ts";
import { type Check, sentenceOf } from "../../../src/proof/check.ts";
import {
  type PlanOptions,
  planProof,
  removedRoutes,
} from "../../../src/proof/plan.ts";
import {
  consumer,
  customGate,
  gate,
  route,
} from "../../fixtures/proof-gates.ts";

const options: PlanOptions = {
  removedRoutes: [],
  proofToken: false,
  today: "2026-03-01",
};

const plan = (model: Gate, more: Partial<PlanOptions> = {}) =>
  planProof(model, { ...options, ...more });

const line = ({ credential, method, path, expect, notMade }: Check) => {
  const who = typeof credential === "object" ? credential.consumer : credential;
  return notMade
    ? `not made: ${notMade}`
    : `${method} ${path} as ${who}: ${expect}`;
};

const lines = (checks: readonly Check[], prefix: string) =>
  checks.filter(({ id }) => id.startsWith(prefix)).map(line);

test("a token gate is asked everything, closed checks first", () => {
  expect(plan(gate()).map(line)).toEqual([
    "GET /openai/ai-gate-proof as none: unauthorized",
    "POST /openai/ai-gate-proof as none: unauthorized",
    "POST /score as none: unauthorized",
    "GET /openai/ai-gate-proof as wrong: unauthorized",
    "GET /ai-gate-proof-unknown as none: unknown",
    "GET /openai/responses as none: gone",
    "GET /healthz as none: healthy",
    "POST /score as team-a: denied",
    "GET /openai/models as team-a: accepted",
    "GET /openai/models as team-a: streamed",
    "POST /score as ops: accepted",
  ]);
});

test("a route with models is shown closed to others, and its open check names the first", () => {
  const limited = route("/chat", "openai", {
    methods: ["POST", "PUT"],
    models: ["m-1", "m-2"],
  });
  const checks = plan(gate({ routes: [limited, route("/score", "scorer")] }));
  const found = checks.filter(({ path, body }) => path === "/chat" && body);
  expect(found.map((check) => [check.id, line(check), check.body])).toEqual([
    [
      "model POST /chat",
      "POST /chat as ops: bad-body",
      { type: "application/json", text: '{"model":"ai-gate-proof"}' },
    ],
    [
      "body POST /chat",
      "POST /chat as ops: denied",
      { type: "text/plain", text: '{"model":"ai-gate-proof"}' },
    ],
    [
      "open openai",
      "POST /chat as ops: accepted",
      { type: "application/json", text: '{"model":"m-1"}' },
    ],
    [
      "streamed openai",
      "POST /chat as ops: streamed",
      { type: "application/json", text: '{"model":"m-1"}' },
    ],
  ]);
  expect(found.map(({ title }) => title).slice(0, 2)).toEqual([
    "POST /chat as ops with another model",
    "POST /chat as ops with another type of body",
  ]);
  expect(checks.filter(({ path, body }) => path !== "/chat" && body)).toEqual(
    [],
  );
});

test("without a caller, another model is not asked for", () => {
  const limited = route("/chat", "openai", {
    methods: ["POST"],
    models: ["m"],
  });
  const checks = plan(gate({ routes: [limited], consumers: [] }));
  expect(lines(checks, "model ")).toEqual([
    "not made: no consumer may call it today",
  ]);
  const own = plan(customGate({ routes: [limited] }), { proofToken: true });
  expect(lines(own, "model ")).toEqual(["POST /chat as proof-token: bad-body"]);
});

test("ids are unique and titles name the route as the user wrote it", () => {
  const checks = plan(gate(), {
    removedRoutes: [{ path: "/old/{id}", methods: ["GET", "PUT"] }],
  });
  expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
  expect(checks.map(({ title }) => title)).toEqual([
    "GET /openai/{proxy+} without a credential",
    "POST /openai/{proxy+} without a credential",
    "POST /score without a credential",
    "GET /openai/{proxy+} with a wrong credential",
    "GET /old/{id}, removed",
    "PUT /old/{id}, removed",
    "a route that is not there",
    "GET /openai/responses, where clients ask for a WebSocket",
    "GET /healthz",
    "POST /score as team-a, who may not call it",
    "GET /openai/models as team-a reaches openai",
    "GET /openai/models as team-a is streamed",
    "POST /score as ops reaches scorer",
  ]);
});

test("every method of 250 routes is asked without a credential", () => {
  const routes = Array.from({ length: 250 }, (_, index) =>
    route(`/r${index}`, "openai"),
  );
  const checks = plan(gate({ routes }));
  expect(lines(checks, "closed")).toHaveLength(500);
});

test.each([
  ["nothing covers it", [route("/score", "openai")], "unknown"],
  [
    "another greedy route covers it",
    [route("/{p+}", "openai")],
    "gone-or-guarded",
  ],
  [
    "the route lost one method only",
    [route("/old", "openai", { methods: ["GET"] })],
    "gone",
  ],
  [
    "a wider route has other methods",
    [route("/{p+}", "openai", { methods: ["GET"] })],
    "gone",
  ],
  [
    "a wider route has the method",
    [
      route("/old", "openai", { methods: ["GET"] }),
      route("/{p+}", "openai", { methods: ["POST"] }),
    ],
    "gone-or-guarded",
  ],
])("a removed POST /old, when %s", (_, routes, expected) => {
  const checks = plan(gate({ routes }), {
    removedRoutes: [{ path: "/old", methods: ["POST"] }],
  });
  expect(lines(checks, "removed")).toEqual([`POST /old as none: ${expected}`]);
});

test("networks may refuse what the gate would answer itself: their policy takes its path for a route's", () => {
  const network = { allow: ["198.51.100.0/24"] };
  expect(lines(plan(gate({ network })), "websocket")).toEqual([
    "GET /openai/responses as none: gone-or-denied",
  ]);
});

test.each([
  [
    "no route near it",
    ["/score"],
    ["GET /ai-gate-proof-unknown as none: unknown"],
  ],
  [
    "a root parameter",
    ["/{a}"],
    ["GET /ai-gate-proof/unknown as none: unknown"],
  ],
  [
    "two root parameters",
    ["/{a}", "/{a}/{b}"],
    ["GET /ai-gate-proof/unknown/route/of/many/parts as none: unknown"],
  ],
  ["a root greedy route", ["/{proxy+}"], []],
])("the unknown route with %s", (_, paths, expected) => {
  const routes = paths.map((path) => route(path, "openai"));
  expect(lines(plan(gate({ routes })), "unknown")).toEqual(expected);
});

test("one denied check per access list, none for who may call everything", () => {
  const consumers = [
    consumer("a", [{ route: "/openai/{proxy+}" }]),
    consumer("same-as-a", [{ route: "/openai/{proxy+}" }]),
    consumer("b", [{ route: "/score" }]),
    consumer("all", [{ route: "/openai/{proxy+}" }, { route: "/score" }]),
    consumer(
      "late",
      [
        { route: "/score" },
        { route: "/openai/{proxy+}", exactly: "/openai/x" },
      ],
      { expires: "2026-02-28" },
    ),
  ];
  expect(lines(plan(gate({ consumers })), "denied")).toEqual([
    "POST /score as a: denied",
    "GET /openai/ai-gate-proof as b: denied",
  ]);
});

test("a route whose sample a consumer may call by another route shows nothing", () => {
  const routes = [
    route("/jobs/{id}", "openai", { methods: ["GET"] }),
    route("/jobs/proof", "openai", { methods: ["GET"] }),
    route("/other", "openai", { methods: ["GET"] }),
  ];
  const consumers = [consumer("a", [{ route: "/jobs/proof" }])];
  expect(lines(plan(gate({ routes, consumers })), "denied")).toEqual([
    "GET /other as a: denied",
  ]);
});

const models = [
  route("/openai/{proxy+}", "openai"),
  route("/openai/models", "openai", { methods: ["GET"] }),
];

test.each<[string, Access, string, string]>([
  [
    "below a prefix",
    [{ route: "/openai/{proxy+}", below: "/openai/v1" }],
    "GET /openai/v1/ai-gate-proof as a: accepted",
    "GET /openai/ai-gate-proof as a: denied",
  ],
  [
    "one path",
    [{ route: "/openai/{proxy+}", exactly: "/openai/v1/chat" }],
    "GET /openai/v1/chat as a: accepted",
    "GET /openai/ai-gate-proof as a: denied",
  ],
  [
    "one method",
    [{ route: "/openai/{proxy+}", methods: ["POST"] }],
    "POST /openai/chat/completions as a: accepted",
    "GET /openai/ai-gate-proof as a: denied",
  ],
  [
    "an exact route beside a greedy one",
    [{ route: "/openai/models" }],
    "GET /openai/models as a: accepted",
    "GET /openai/ai-gate-proof as a: denied",
  ],
  [
    "the greedy route without the exact one",
    [{ route: "/openai/{proxy+}" }],
    "POST /openai/chat/completions as a: accepted",
    "GET /openai/models as a: denied",
  ],
])(
  "a consumer held to %s: a call inside, and one outside",
  (_, access, open, denied) => {
    const checks = plan(
      gate({ routes: models, consumers: [consumer("a", access)] }),
    );
    expect(lines(checks, "open openai")).toEqual([open]);
    expect(lines(checks, "denied")).toEqual([denied]);
  },
);

test("a sample that another route takes shows nothing of the one it is of", () => {
  const routes = [
    route("/jobs/{id}", "openai", { methods: ["GET", "POST"] }),
    route("/jobs/proof", "openai", { methods: ["GET"] }),
  ];
  const consumers = [consumer("a", [{ route: "/jobs/{id}" }])];
  expect(lines(plan(gate({ routes, consumers })), "open openai")).toEqual([
    "POST /jobs/proof as a: accepted",
  ]);
});

test("a second token header is asked too, where the built-in authorizer reads it", () => {
  const tokenHeaders = ["x-api-key", "Authorization", "api-key"];
  const upstreams = gate().upstreams.map((one) => ({ ...one, tokenHeaders }));
  const headers = (checks: readonly Check[]) =>
    checks.flatMap(({ id, credential, header }) =>
      credential === "none" ? [] : [[id, header]],
    );
  expect(headers(plan(gate({ upstreams })))).toEqual([
    ["wrong", "x-api-key"],
    ["denied team-a", "x-api-key"],
    ["open openai", "x-api-key"],
    ["streamed openai", "x-api-key"],
    ["open scorer", "x-api-key"],
    ["header Authorization", "Authorization"],
  ]);
  const second = plan(gate({ upstreams })).at(-1);
  expect(second).toEqual({
    id: "header Authorization",
    title: "GET /openai/models as team-a in Authorization",
    shows: "the gate reads Authorization too",
    method: "GET",
    path: "/openai/models",
    credential: { consumer: "team-a" },
    header: "Authorization",
    // Whether the upstream takes the gate's credential is not this check's to say.
    expect: "reached",
    upstream: { name: "openai", hasCredential: false, asked: "question" },
  });
  expect(
    headers(plan(customGate({ upstreams }), { proofToken: true })),
  ).not.toContainEqual(["header Authorization", "Authorization"]);
});

test("each upstream is asked in the header of its own kind", () => {
  const [first, second] = gate().upstreams;
  const upstreams = [
    { ...first!, tokenHeaders: ["api-key"] },
    { ...second!, tokenHeaders: ["x-goog-api-key", "Authorization"] },
  ];
  expect(
    plan(gate({ upstreams }))
      .filter(({ id }) => /^(open|header)/.test(id))
      .map(({ id, header }) => [id, header]),
  ).toEqual([
    ["open openai", "api-key"],
    ["open scorer", "x-goog-api-key"],
    ["header Authorization", "Authorization"],
  ]);
});

test("a REQUEST authorizer of the user's own may say 403 without a credential, too", () => {
  const auth = { ...customGate().auth, type: "request" } as Gate["auth"];
  expect(lines(plan(customGate({ auth })), "closed POST /score")).toEqual([
    "POST /score as none: refused",
  ]);
  expect(lines(plan(customGate()), "closed POST /score")).toEqual([
    "POST /score as none: unauthorized",
  ]);
});

test.each([
  ["expires today", "2026-03-01", "GET /openai/models as team: accepted"],
  [
    "expired yesterday",
    "2026-02-28",
    "not made: no consumer may call it today",
  ],
])("a consumer that %s", (_, expires, expected) => {
  const consumers = [consumer("team", "*", { expires })];
  expect(lines(plan(gate({ consumers })), "open openai")).toEqual([expected]);
});

test("a disabled consumer proves nothing, neither what it may call nor what not", () => {
  const consumers = [
    consumer("gone", [{ route: "/openai/{proxy+}" }], { disabled: true }),
    consumer("other", [{ route: "/openai/{proxy+}" }, { route: "/score" }]),
  ];
  const checks = plan(gate({ consumers }));
  expect(checks.map(line).filter((text) => text.includes("as gone"))).toEqual(
    [],
  );
  expect(lines(checks, "open openai")).toEqual([
    "GET /openai/models as other: accepted",
  ]);
});

test("a consumer without a token is proved like any other", () => {
  const identities = [{ issuer: "staff", conditions: [] }];
  const consumers = [
    consumer("web", [{ route: "/openai/{proxy+}" }], {
      tokenHashes: [],
      identities,
    }),
    consumer("table", [{ route: "/score" }], {
      tokenHashes: [],
      plan: "basic",
    }),
  ];
  const checks = plan(gate({ consumers }));
  expect(lines(checks, "open ")).toEqual([
    "GET /openai/models as web: accepted",
    "POST /score as table: accepted",
  ]);
  expect(lines(checks, "denied")).toEqual([
    "POST /score as web: denied",
    "GET /openai/ai-gate-proof as table: denied",
  ]);
});

test("the first route of an upstream that a consumer may call is taken", () => {
  const routes = [route("/a", "openai"), route("/b", "openai")];
  const consumers = [consumer("team", [{ route: "/b" }])];
  expect(lines(plan(gate({ routes, consumers })), "open openai")).toEqual([
    "GET /b as team: accepted",
  ]);
});

const claude = (path: string, more: Partial<Route> = {}) => ({
  upstreams: [
    {
      ...gate().upstreams[0]!,
      name: "claude",
      kind: "anthropic" as const,
      url: "https://api.anthropic.com",
      tokenHeaders: ["x-api-key"],
    },
    gate().upstreams[1]!,
  ],
  routes: [route(path, "claude", more), route("/claude/v1/models", "scorer")],
});

test.each<[string, Partial<Gate>, Access, string]>([
  [
    "its documented question",
    claude("/c/{proxy+}"),
    "*",
    "GET /c/v1/models as a: accepted",
  ],
  [
    "by POST where the route takes no GET",
    claude("/c/{proxy+}", { methods: ["POST"] }),
    "*",
    "POST /c/v1/messages/count_tokens as a: accepted",
  ],
  [
    "by another question where a closer route of another upstream takes the first",
    claude("/claude/{proxy+}"),
    "*",
    "POST /claude/v1/messages/count_tokens as a: accepted",
  ],
  [
    "by a question that somebody may ask",
    claude("/c/{proxy+}"),
    [
      {
        route: "/c/{proxy+}",
        methods: ["POST"],
        exactly: "/c/v1/messages",
      },
    ],
    "POST /c/v1/messages as a: accepted",
  ],
  [
    "by a made-up path where nobody may ask any",
    claude("/c/{proxy+}"),
    [{ route: "/c/{proxy+}", below: "/c/v2" }],
    "GET /c/v2/ai-gate-proof as a: accepted",
  ],
])("an upstream of a kind is asked %s", (_, model, access, expected) => {
  const consumers = [consumer("a", access)];
  expect(lines(plan(gate({ ...model, consumers })), "open claude")).toEqual([
    expected,
  ]);
});

test("a GET is asked before a POST, whichever route has it", () => {
  const routes = [
    route("/chat/{proxy+}", "openai", { methods: ["POST"] }),
    route("/openai/{proxy+}", "openai"),
  ];
  expect(lines(plan(gate({ routes })), "open openai")).toEqual([
    "GET /openai/models as team-a: accepted",
  ]);
});

test("a question's query is asked with it, and what the gate sends itself is not", () => {
  const azure = (query: Record<string, string>) =>
    gate({
      upstreams: [
        {
          ...gate().upstreams[0]!,
          kind: "azure-openai",
          url: "https://r.openai.azure.com/openai",
          query,
        },
        gate().upstreams[1]!,
      ],
    });
  const paths = (model: Gate) =>
    plan(model).flatMap(({ id, path }) => (id === "open openai" ? [path] : []));
  expect(paths(azure({}))).toEqual(["/openai/models?api-version=2024-10-21"]);
  expect(paths(azure({ "api-version": "v1" }))).toEqual(["/openai/models"]);
});

test.each([
  ["/jobs", undefined, "named-path"],
  ["/jobs/{id}", undefined, "made-up-path"],
  ["/jobs/{p+}", undefined, "made-up-path"],
  ["/jobs/{p+}", "/jobs/all", "named-path"],
])("a call of %s, %s: a %s", (path, exactly, asked) => {
  const access = [{ route: path, ...(exactly && { exactly }) }];
  const checks = plan(
    gate({
      routes: [route(path, "scorer")],
      consumers: [consumer("a", access)],
    }),
  );
  expect(checks.find(({ id }) => id === "open scorer")?.upstream).toEqual({
    name: "scorer",
    hasCredential: false,
    asked,
  });
});

test("whether the gate sends a credential is said of each upstream", () => {
  const secret = { store: "ssm", name: "/a", version: null, key: null };
  const credential = { header: "x-api-key", prefix: "", secret };
  const [openai, scorer] = gate().upstreams;
  const model = { upstreams: [{ ...openai!, credential }, scorer!] };
  const found = plan(gate(model as unknown as Partial<Gate>)).flatMap(
    ({ id, shows, upstream }) =>
      id.startsWith("open") ? [[upstream?.hasCredential, shows]] : [],
  );
  expect(found).toEqual([
    [
      true,
      "a known caller gets through and openai takes the gate's credential",
    ],
    [false, "a known caller gets through"],
  ]);
});

const pages = (model: Gate, more: Partial<PlanOptions> = {}) =>
  plan(model, more).flatMap(
    ({ id, method, path, origin, preflightFor, expect: wanted }) =>
      origin === undefined
        ? []
        : [
            `${id}: ${[method, path, preflightFor].filter(Boolean).join(" ")} from ${origin}: ${wanted}`,
          ],
  );

const app = "https://app.example.com";
const other = "https://ai-gate-proof.invalid";

test.each([
  [
    "one origin",
    [app],
    [
      `page preflight: OPTIONS /openai/ai-gate-proof GET from ${app}: preflight`,
      `page refusal: GET /openai/ai-gate-proof from ${app}: readable-refusal`,
      `page answer openai: GET /openai/models from ${app}: readable-answer`,
      `page answer scorer: POST /score from ${app}: readable-answer`,
      `other-page preflight: OPTIONS /openai/ai-gate-proof GET from ${other}: no-permission`,
      `other-page refusal: GET /openai/ai-gate-proof from ${other}: no-permission`,
    ],
  ],
  [
    "several: the gate's errors repeat the caller's",
    [app, "app://other"],
    [
      `page preflight: OPTIONS /openai/ai-gate-proof GET from ${app}: preflight`,
      `page refusal: GET /openai/ai-gate-proof from ${app}: readable-refusal`,
      `page answer openai: GET /openai/models from ${app}: readable-answer`,
      `page answer scorer: POST /score from ${app}: readable-answer`,
      `other-page preflight: OPTIONS /openai/ai-gate-proof GET from ${other}: no-permission`,
    ],
  ],
  [
    "all",
    ["*"],
    [
      `page preflight: OPTIONS /openai/ai-gate-proof GET from ${other}: preflight`,
      `page refusal: GET /openai/ai-gate-proof from ${other}: readable-refusal`,
      `page answer openai: GET /openai/models from ${other}: readable-answer`,
      `page answer scorer: POST /score from ${other}: readable-answer`,
    ],
  ],
])("pages of %s", (_, origins, expected) => {
  expect(pages(gate({ cors: { origins } }))).toEqual(expected);
});

test("without `cors` no page is tried, and no page's answer without a caller", () => {
  expect(pages(gate())).toEqual([]);
  const ids = pages(customGate({ cors: { origins: [app] } })).join();
  expect(ids).not.toContain("page answer");
});

test("every check says in a sentence what is asked, what must come back, and why", () => {
  const checks = plan(gate({ cors: { origins: [app] } }), {
    removedRoutes: [{ path: "/old/{id}", methods: ["GET"] }],
  });
  const sentences = checks.map(sentenceOf);
  expect(new Set(sentences).size).toBe(checks.length);
  expect(sentences.filter((text) => /undefined|\[object/.test(text))).toEqual(
    [],
  );
  expect(sentences).toContain(
    "`POST /score` without a credential must bring 401 from the gate: nobody reaches scorer without a credential",
  );
  expect(sentences).toContain(
    "`GET /openai/models` as team-a, with a credential signed for this run in Authorization, must bring an answer from the upstream, not 401 or 403: a known caller gets through",
  );
  expect(sentences).toContain(
    `\`GET /openai/ai-gate-proof\` without a credential, from a page of ${app}, must bring 401 or 403 from the gate that the page may read: the page learns why the gate refuses a call`,
  );
});

test("docs/report.md names every check by its id", () => {
  const page = readFileSync("docs/report.md", "utf8");
  const tokenHeaders = ["Authorization", "x-api-key"];
  const checks = plan(
    gate({
      cors: { origins: [app] },
      upstreams: gate().upstreams.map((one) => ({ ...one, tokenHeaders })),
    }),
    { removedRoutes: [{ path: "/old", methods: ["GET"] }] },
  );
  const named = checks.map(({ id }) =>
    id
      .replace(/[A-Z]+ \/.*/, "METHOD PATH")
      .replace(/^denied .*/, "denied CONSUMER")
      .replace(/^websocket .*/, "websocket PATH")
      .replace(/^header .*/, "header NAME")
      .replace(/ (openai|scorer)$/, " UPSTREAM"),
  );
  expect(
    [...new Set(named)].filter((id) => !page.includes(`\`${id}\``)),
  ).toEqual([]);
  expect(new Set(named).size).toBe(15);
});

describe("a consumer of the one path where the gate answers GET itself", () => {
  const only = (methods?: HttpMethod[]) =>
    plan(
      gate({
        consumers: [
          consumer("codex", [
            {
              route: "/openai/{proxy+}",
              exactly: "/openai/responses",
              ...(methods && { methods }),
            },
          ]),
        ],
      }),
    );

  test("is asked about by the method that goes on to the upstream", () => {
    expect(lines(only(), "open openai")).toEqual([
      "POST /openai/responses as codex: accepted",
    ]);
  });

  test("cannot be proved by a GET", () => {
    expect(lines(only(["GET"]), "open openai")).toEqual([
      "not made: no consumer may call it today",
    ]);
  });
});

test("DELETE is never sent with a right credential", () => {
  const routes = [route("/a", "openai", { methods: ["DELETE"] })];
  const checks = plan(gate({ routes }));
  expect(lines(checks, "open openai")).toEqual([
    "not made: the proof sends no DELETE with a right credential",
  ]);
  expect(lines(checks, "closed")).toEqual(["DELETE /a as none: unauthorized"]);
});

test("HEAD shows no streaming", () => {
  const routes = [route("/a", "openai", { methods: ["HEAD"] })];
  expect(lines(plan(gate({ routes })), "streamed")).toEqual([
    "not made: HEAD has no body",
  ]);
});

test("a custom authorizer: 403 is a refusal too, positive checks need the user's token", () => {
  const without = plan(customGate());
  expect(lines(without, "wrong")).toEqual([
    "GET /openai/ai-gate-proof as wrong: refused",
  ]);
  expect(lines(without, "denied")).toEqual([]);
  expect(lines(without, "open openai")).toEqual([
    "not made: your own authorizer knows the callers; give `proof-token` to have this checked",
  ]);
  expect(lines(plan(customGate(), { proofToken: true }), "open")).toEqual([
    "GET /openai/models as proof-token: accepted",
    "POST /score as proof-token: accepted",
  ]);
});

test.each([
  [
    "a route",
    [
      ["/a", "GET"],
      ["/b", "GET"],
    ],
    [["/b", "GET"]],
    ["/a GET"],
  ],
  ["a method", [["/a", "GET", "POST"]], [["/a", "POST"]], ["/a GET"]],
  ["nothing", [["/a", "GET"]], [["/a", "GET", "POST"]], []],
  [
    "a method that moved to another route of the same path",
    [["/a", "GET", "POST"]],
    [
      ["/a", "POST"],
      ["/a", "GET"],
    ],
    [],
  ],
])("what an up took away: %s", (_, before, after, expected) => {
  const read = (rows: string[][]) =>
    rows.map(([path, ...methods]) => ({
      path: path!,
      methods: methods as HttpMethod[],
    }));
  expect(
    removedRoutes(read(before), read(after)).map(
      ({ path, methods }) => `${path} ${methods.join(" ")}`,
    ),
  ).toEqual(expected);
});

describe("a Lambda function is run by GET and HEAD only", () => {
  const arn = "arn:aws:lambda:eu-west-1:111122223333:function:tool";
  const tokenHeaders = ["Authorization"];
  const tool = (methods: readonly HttpMethod[]) =>
    gate({
      upstreams: [
        { name: "tool", kind: "lambda", functionArn: arn, tokenHeaders },
      ],
      routes: [route("/tool", "tool", { methods, stream: false })],
    });
  test.each<[string, readonly HttpMethod[], string]>([
    ["GET and POST", ["GET", "POST"], "GET /tool as ops: accepted"],
    ["POST and HEAD", ["POST", "HEAD"], "HEAD /tool as ops: accepted"],
    [
      "POST",
      ["POST"],
      "not made: the proof runs a Lambda function by GET or HEAD only, if a caller may send it one",
    ],
  ])("%s", (_name, methods, expected) => {
    expect(lines(plan(tool(methods)), "open")).toEqual([expected]);
  });
});

test.each<[string, string, string[], string]>([
  [
    "its first model",
    "/b/{proxy+}",
    ["c.d-v1:0", "e.f"],
    "/b/model/c.d-v1:0/converse",
  ],
  [
    "a model with an id",
    "/b/{proxy+}",
    ["arn:aws:bedrock:us-east-1:111122223333:imported-model/a", "e.f"],
    "/b/model/e.f/converse",
  ],
  ["a made-up path without one", "/b/{proxy+}", [], "/b/ai-gate-proof"],
])("Bedrock is asked for %s", (_, path, models, expected) => {
  const minted = gate({
    upstreams: [
      {
        name: "b",
        kind: "bedrock",
        url: "https://bedrock-runtime.us-east-1.amazonaws.com",
        headers: {},
        query: {},
        tokenHeaders: ["Authorization"],
        credential: {
          header: "Authorization",
          prefix: "Bearer ",
          secret: { store: "bedrock", region: "us-east-1", models },
        },
      },
    ],
    routes: [route(path, "b", { methods: ["POST"] })],
  });
  const open = plan(minted).find(({ id }) => id === "open b");
  expect(open).toMatchObject({
    method: "POST",
    path: expected,
    upstream: { isMinted: true },
  });
});
