// The user's own authorizer: as API Gateway's authorizer where no upstream has a credential, else asked by the gate's.
import type { Invocation } from "../../../local/apigateway/data/collaborators.ts";
import { pythonHandler, workspaceOf } from "../../fixtures/sources.ts";
import {
  denied,
  everything,
  gateFor,
  messageOf,
  outcome,
  secrets,
  source,
  unauthorized,
  valuesOf,
} from "../../fixtures/gates.ts";
import {
  stopAll,
  type GateOptions,
  type RunningGate,
} from "../../fixtures/local-gate.ts";

afterAll(stopAll);

type Event = RunningGate["asked"][number]["event"];
type Headers = readonly string[];

/** Own routes and upstreams; `more` is put in front, `secret` makes the gate's authorizer stand in front. */
const own = (type: "token" | "request", secret = "", more = "") =>
  source(
    `${more}
auth: { mode: custom, type: ${type}, directory: ./authorizer }
upstreams: { a: { url: https://a.example.com/v1${secret && `, secret: "${secret}"`}, headers: { x-static: fixed } } }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: a }
  - { path: "/admin/{proxy+}", methods: [GET], upstream: a }`,
    workspaceOf({ "authorizer/authorizer.py": pythonHandler }),
  );

interface Statement {
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly [other: string]: unknown;
}

/** What the user's function answers; resources are given as what follows the stage. */
const answering =
  (...statements: readonly (readonly [effect: string, resource: string])[]) =>
  (event: Event): Invocation =>
    policy(
      ...statements.map(([Effect, resource]) => ({
        Effect,
        Action: "execute-api:Invoke",
        Resource: `${event.methodArn.split("/").slice(0, 2).join("/")}/${resource}`,
      })),
    );

const policy = (...statements: readonly Statement[]): Invocation => ({
  payload: {
    principalId: "somebody",
    policyDocument: { Version: "2012-10-17", Statement: statements },
    context: { consumer: "admin", credential: "mine", reason: "because" },
  },
});

const fails = (errorMessage: string): Invocation => ({
  functionError: "Unhandled",
  payload: { errorMessage, errorType: "Error" },
});

const secret = "secret-of-the-caller-0123456789";
const credential = ["Authorization", secret];

/** For a gate that stands in front of the user's function, whose answer a test chooses. */
function fronted(type: "token" | "request", more = "") {
  const events: Event[] = [];
  const holder: { answer: (event: Event) => Invocation } = {
    answer: answering(["Allow", "*"]),
  };
  const options: GateOptions = {
    secrets: { "/ai/anthropic": secrets["/ai/anthropic"] },
    custom: (event) => {
      events.push(event);
      return holder.answer(event);
    },
  };
  const gate = gateFor(own(type, "ssm:/ai/anthropic", more), options);
  beforeEach(() => {
    events.splice(0);
    holder.answer = answering(["Allow", "*"]);
  });
  return { gate, events, holder };
}

describe.each(["token", "request"] as const)(
  "the gate's authorizer in front of a %s authorizer",
  (type) => {
    const { events, gate, holder } = fronted(type);
    const ask = (method: string, path: string, headers: Headers = credential) =>
      gate.it.ask(method, path, { headers });

    test("the function gets the event in the form it expects", async () => {
      await ask("GET", "/openai/models?q=1", [...credential, "X-Own", "1"]);
      const methodArn = expect.stringMatching(
        /^arn:aws:execute-api:eu-west-1:\d{12}:\w+\/v1\/GET\/openai\/models$/,
      );
      expect(events).toHaveLength(1);
      if (type === "token")
        expect(events).toEqual([
          { type: "TOKEN", authorizationToken: secret, methodArn },
        ]);
      else
        expect(events).toMatchObject([
          {
            type: "REQUEST",
            methodArn,
            resource: "/openai/{proxy+}",
            path: "/openai/models",
            httpMethod: "GET",
            headers: { Authorization: secret, "X-Own": "1" },
            queryStringParameters: { q: "1" },
            pathParameters: { proxy: "models" },
          },
        ]);
    });

    test("the upstream gets its own credential, and nothing of the caller's or the function's", async () => {
      expect(
        outcome(
          await ask("GET", "/openai/models", [
            ...credential,
            "X-Api-Key",
            secret,
            "x-gate-consumer",
            "admin",
          ]),
        ),
      ).toBe("200");
      const [seen] = gate.it.seen;
      expect(seen && valuesOf(seen, "authorization")).toEqual([
        "Bearer sk-ant-canary",
      ]);
      expect(seen && valuesOf(seen, "x-gate-consumer")).toEqual(["somebody"]);
      expect(everything(gate.it.seen)).not.toMatch(/secret-of-the-caller|mine/);
    });

    // A pattern over the ARN that was asked for let these through: the upstream resolves what API Gateway did not.
    test.each([
      "/openai/../admin/keys",
      "/openai/%2e%2e/admin/keys",
      "/openai/..%2fadmin/keys",
      "/openai/..%2Fadmin%2Fkeys",
      "/openai/%252e%252e/admin/keys",
      "/openai/%252e%252e%252fadmin/keys",
      "/openai/..%5cadmin/keys",
      "/openai/..\\admin/keys",
      "/openai/..;/admin/keys",
      "/openai/a/../../admin/keys",
      "/openai//admin/keys",
      "//openai/models",
    ])("an Allow of …/GET/openai/* does not open GET %s", async (path) => {
      holder.answer = answering(["Allow", "GET/openai/*"]);
      const answer = await ask("GET", path);
      expect(outcome(answer)).toBe(denied);
      expect(messageOf(answer)).toMatch(/The path has /);
      expect(gate.it.seen).toEqual([]);
    });

    test.each<[string, [string, string][], string]>([
      ["allowed by a wildcard", [["Allow", "GET/openai/*"]], "200"],
      ["allowed exactly", [["Allow", "GET/openai/models"]], "200"],
      ["allowed by question marks", [["Allow", "G?T/openai/m????s"]], "200"],
      ["another method", [["Allow", "POST/openai/*"]], denied],
      ["another path", [["Allow", "GET/openai/model"]], denied],
      ["another route", [["Allow", "GET/admin/*"]], denied],
      [
        "Deny before Allow",
        [
          ["Deny", "*/openai/models"],
          ["Allow", "*"],
        ],
        denied,
      ],
      [
        "Allow before Deny",
        [
          ["Allow", "*"],
          ["Deny", "GET/*"],
        ],
        denied,
      ],
      [
        "Deny of another",
        [
          ["Allow", "*"],
          ["Deny", "POST/*"],
        ],
        "200",
      ],
    ])("%s", async (_what, statements, expected) => {
      holder.answer = answering(...statements);
      const answer = await ask("GET", "/openai/models");
      expect(outcome(answer)).toBe(expected);
      expect(gate.it.seen).toHaveLength(expected === "200" ? 1 : 0);
      if (expected === denied)
        expect(messageOf(answer)).toContain(
          "The policy of the authorizer function does not allow it",
        );
    });

    test.each<[string, Invocation, string]>([
      ["Unauthorized", fails("Unauthorized"), unauthorized],
      ["another error", fails("unauthorized"), "500 AUTHORIZER_FAILURE"],
      ["nothing", { payload: null }, "500 AUTHORIZER_FAILURE"],
      [
        "a condition",
        policy({ Effect: "Allow", Action: "*", Resource: "*", Condition: {} }),
        "500 AUTHORIZER_FAILURE",
      ],
      [
        "NotResource",
        policy({ Effect: "Allow", Action: "*", NotResource: "*" }),
        "500 AUTHORIZER_FAILURE",
      ],
      [
        "another action",
        policy({ Effect: "Allow", Action: "lambda:*", Resource: "*" }),
        denied,
      ],
      [
        "another API",
        policy({
          Effect: "Allow",
          Action: "*",
          Resource: "arn:aws:execute-api:eu-west-1:123456789012:other/v1/*",
        }),
        denied,
      ],
    ])("a function that answers with %s", async (_what, answer, expected) => {
      holder.answer = () => answer;
      expect(outcome(await ask("GET", "/openai/models"))).toBe(expected);
      expect(gate.it.seen).toEqual([]);
    });

    test("the credential elsewhere is refused", async () => {
      const answer = await ask("GET", "/openai/models", [
        ...credential,
        "Cookie",
        `a=${secret}`,
      ]);
      expect(outcome(answer)).toBe(denied);
      expect(messageOf(answer)).toContain("a cookie");
      expect(answer.body).not.toContain(secret);
    });

    test("without a credential a TOKEN function is not asked, a REQUEST function is", async () => {
      holder.answer = () => fails("Unauthorized");
      expect(outcome(await ask("GET", "/openai/models", []))).toBe(
        unauthorized,
      );
      expect(events).toHaveLength(type === "token" ? 0 : 1);
    });
  },
);

describe.each(["token", "request"] as const)(
  "a %s authorizer of the user's own, alone",
  (type) => {
    const holder: { answer: (event: Event) => Invocation } = {
      answer: answering(["Allow", "*"]),
    };
    const gate = gateFor(own(type, "", "token-header: x-api-key"), {
      intercept: (_arn, event) => Promise.resolve(holder.answer(event)),
    });
    beforeEach(() => {
      gate.it.asked.splice(0);
      holder.answer = answering(["Allow", "*"]);
    });
    const ask = (headers: Headers) =>
      gate.it.ask("GET", "/openai/models?q=1", { headers });

    test.each<[string, Headers]>([
      ["none", []],
      ["an empty one", ["x-api-key", ""]],
      ["two", ["x-api-key", secret, "X-Api-Key", secret]],
    ])("%s: only a REQUEST function is asked", async (_what, headers) => {
      expect(outcome(await ask(headers))).toBe(
        type === "token" ? unauthorized : "200",
      );
      expect(gate.it.asked).toHaveLength(type === "token" ? 0 : 1);
    });

    test("is asked on every call, with API Gateway's event", async () => {
      for (let times = 0; times < 2; times += 1)
        expect(outcome(await ask(["X-API-Key", secret]))).toBe("200");
      expect(gate.it.asked).toHaveLength(2);
      expect(gate.it.asked[0]?.event).toMatchObject(
        type === "token"
          ? { type: "TOKEN", authorizationToken: secret }
          : {
              type: "REQUEST",
              resource: "/openai/{proxy+}",
              queryStringParameters: { q: "1" },
            },
      );
    });

    test("no known credential header of the caller reaches the upstream, nor the function's context", async () => {
      await ask([
        "x-api-key",
        secret,
        ...credential,
        "authorization",
        secret,
        "X-Gate-Consumer",
        "admin",
        "X-Static",
        "mine",
      ]);
      const [seen] = gate.it.seen;
      expect(everything(gate.it.seen)).not.toMatch(
        /secret-of-the-caller|mine|admin/,
      );
      expect(seen && valuesOf(seen, "x-gate-consumer")).toEqual(["custom"]);
      expect(seen && valuesOf(seen, "x-static")).toEqual(["fixed"]);
    });

    test.each<[string, (event: Event) => Invocation, string]>([
      ["Unauthorized", () => fails("Unauthorized"), unauthorized],
      ["another error", () => fails("no"), "500 AUTHORIZER_FAILURE"],
      [
        "nothing",
        () => ({ payload: null }),
        "500 AUTHORIZER_CONFIGURATION_ERROR",
      ],
      ["a Deny", answering(["Deny", "*"]), denied],
      ["another route", answering(["Allow", "GET/admin/*"]), denied],
      [
        "another API",
        () =>
          policy({
            Effect: "Allow",
            Action: "*",
            Resource: "arn:aws:execute-api:eu-west-1:123456789012:other/v1/*",
          }),
        denied,
      ],
      [
        "another stage",
        () =>
          policy({
            Effect: "Allow",
            Action: "*",
            Resource: "arn:aws:execute-api:eu-west-1:123456789012:*/v2/*",
          }),
        denied,
      ],
    ])("that answers with %s", async (_what, answer, expected) => {
      holder.answer = answer;
      const given = await ask(["x-api-key", secret]);
      expect(outcome(given)).toBe(expected);
      // Its context is not ours to tell.
      expect(given.body).not.toMatch(/because|\$/);
      expect(gate.it.seen).toEqual([]);
    });
  },
);
