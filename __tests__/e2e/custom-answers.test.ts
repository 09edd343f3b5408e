// Whatever a user's own authorizer does or leaves out: no caller passes who should not, no caller's credential reaches an upstream,
// and an upstream's credential goes with allowed calls only. In Node and Python, alone and behind the gate's own authorizer
// (which there is as soon as an upstream has a credential).
import { putParameter } from "../../local/demo/seed.ts";
import { mapAtOnce } from "../fixtures/at-once.ts";
import { node, python } from "../fixtures/custom-authorizers.ts";
import { outcomeOf } from "../fixtures/client.ts";
import { type Rig, type Run, startRig } from "../fixtures/action-rig.ts";

jest.setTimeout(180_000);

const upstreamKey = "sk-custom-0123456789";
const secret = "0123456789abcdefghijklmnopqrstuvwxyz";
/** The kind decides what the authorizer does; the rest must never be seen by an upstream. */
const tokenOf = (kind: string) => `${kind}.${secret}`;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  await putParameter(rig.cloud, "/ai/key", upstreamKey);
});
afterAll(() => rig.cloud.stop());

const upstreams = {
  alone: "plain: { url: https://upstream.example.com/score }",
  fronted:
    "keyed: { url: https://upstream.example.com/keyed, secret: ssm:/ai/key }",
};
const config = (where: keyof typeof upstreams) => `
auth: { mode: custom, directory: ./authorizer }
upstreams:
  ${upstreams[where]}
routes:
  - { path: /score, methods: [POST], upstream: ${upstreams[where].split(":")[0] ?? ""} }
  - { path: /other, methods: [GET], upstream: ${upstreams[where].split(":")[0] ?? ""} }
`;
const files = {
  node: { "authorizer/authorizer.js": node },
  python: { "authorizer/authorizer.py": python },
};

const gates = [
  ["Node, alone", "node", "alone"],
  ["Node, fronted", "node", "fronted"],
  ["Python, alone", "python", "alone"],
  ["Python, fronted", "python", "fronted"],
] as const;

/** Status alone and fronted, where they differ: API Gateway refuses a context that the front drops. */
const answers: [string, number, number][] = [
  ["allow", 200, 200],
  ["everything", 200, 200],
  ["context", 200, 200],
  ["key", 200, 200],
  ["breaking", 200, 200],
  ["nested", 500, 200],
  ["list", 500, 200],
  ["megabyte", 500, 500],
  ["long-policy", 500, 500],
  ["nothing", 500, 500],
  ["null", 500, 500],
  ["text", 500, 500],
  ["no-policy", 500, 500],
  ["no-principal", 500, 500],
  ["bare-policy", 500, 500],
  ["effect", 500, 500],
  ["deny", 403, 403],
  ["other", 403, 403],
  ["unauthorized", 401, 401],
  ["error", 500, 500],
  ["almost", 500, 500],
];

let deployed: readonly Run[];
beforeAll(async () => {
  deployed = await mapAtOnce(gates, ([, language, where]) =>
    rig.up(`${language}-${where}`, {
      inputs: { "proof-token": tokenOf("everything") },
      files: { "ai-gate.yml": config(where), ...files[language] },
    }),
  );
});

describe.each(gates)("%s", (what, _language, where) => {
  let gate: Run;
  beforeAll(() => {
    gate = deployed[gates.findIndex(([name]) => name === what)]!;
  });

  test("is proved, with a token that the authorizer knows", () => {
    const proof = JSON.parse(gate.outputs["proof"] ?? "[]") as {
      status: string;
    }[];
    expect(proof.map(({ status }) => status)).not.toContain("failed");
    expect(
      proof.filter(({ status }) => status === "passed").length,
    ).toBeGreaterThan(3);
  });

  test.each(answers)(
    "%s: %i alone, %i fronted",
    async (kind, alone, fronted) => {
      rig.cloud.upstream.clear();
      const { status, body } = await rig.callWith(gate, "/score", {
        authorization: `Bearer ${tokenOf(kind)}`,
        "x-api-key": secret,
        "x-gate-consumer": "admin",
      });
      expect(status).toBe(where === "alone" ? alone : fronted);
      expect(body).not.toContain(secret);
      const requests = rig.cloud.upstream.requests();
      expect(requests).toHaveLength(status === 200 ? 1 : 0);
      expect(JSON.stringify(requests)).not.toContain(secret);
      for (const { headers } of requests) {
        expect(headers["authorization"]).toBe(
          where === "alone" ? "none" : `Bearer ${upstreamKey}`,
        );
        expect(headers["x-gate-consumer"]).toBe(
          where === "alone" || kind === "breaking" ? "custom" : "user",
        );
        expect(headers).not.toHaveProperty("x-admin");
      }
    },
  );

  test("without a credential the authorizer is not called", async () => {
    rig.cloud.upstream.clear();
    expect((await rig.call(gate, "/score")).status).toBe(401);
    expect(rig.cloud.upstream.requests()).toEqual([]);
  });

  test("nothing of a caller's token is in the gate's log of itself, nor in the state of the run", () => {
    expect(gate.stdout + JSON.stringify(gate.outputs)).not.toContain(
      tokenOf("allow"),
    );
  });
});

test.concurrent.each(["alone", "fronted"] as const)(
  "a REQUEST authorizer in Python, %s: it sees the request, and decides by what it likes",
  async (where) => {
    const authorizer = `
def handler(event, context):
    if event["queryStringParameters"].get("team") != "${secret}":
        raise Exception("Unauthorized")
    if event["resource"] != "/score" or event["httpMethod"] != "POST":
        return {"principalId": "u", "policyDocument": {"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": "*"}]}}
    return {"principalId": "u", "policyDocument": {"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}]}}
`;
    const gate = await rig.up(`request-${where}`, {
      files: {
        "ai-gate.yml": config(where).replace(
          "mode: custom,",
          "mode: custom, type: request,",
        ),
        "authorizer/authorizer.py": authorizer,
      },
    });
    const ask = async (path: string, method?: string) =>
      (await rig.callWith(gate, path, {}, method)).status;
    expect([
      await ask("/score"),
      await ask("/score?team=x"),
      await ask(`/score?team=${secret}`),
      await ask(`/other?team=${secret}`, "GET"),
    ]).toEqual([401, 401, 200, 403]);
  },
);

test("an authorizer that never answers lets no caller in, and the gate answers for itself", async () => {
  const gate = await rig.run("output", "node-fronted");
  rig.cloud.upstream.clear();
  expect(outcomeOf(await rig.call(gate, "/score", tokenOf("never")))).toBe(
    "500 AUTHORIZER_FAILURE",
  );
  expect(rig.cloud.upstream.requests()).toEqual([]);
});

test("the user's function behind the gate's own may read no secret", () => {
  const policies = rig.cloud.gateway.ledger
    .filter(({ operation }) => operation === "PutRolePolicy")
    .map(({ requestBody }) =>
      Object.fromEntries(new URLSearchParams(requestBody)),
    );
  const custom = policies.filter(({ RoleName }) =>
    RoleName?.endsWith("-custom"),
  );
  expect(custom).toHaveLength(3);
  for (const { PolicyDocument } of custom)
    expect(PolicyDocument).not.toMatch(
      /ssm:|secretsmanager:|lambda:|dynamodb:/,
    );
});

test("the tutorial's authorizer.py guards an upstream with a key, from the inputs alone", async () => {
  const tutorial = `
def handler(event, context):
    if event["authorizationToken"] != "Bearer allow-me":
        raise Exception("Unauthorized")
    return {
        "principalId": "user",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}],
        },
    }
`;
  const gate = await rig.up("tutorial", {
    inputs: {
      authorizer: "./authorizer",
      upstream: "https://upstream.example.com/echo",
      "upstream-secret": "ssm:/ai/key",
      "proof-token": "allow-me",
    },
    files: { "authorizer/authorizer.py": tutorial },
  });
  rig.cloud.upstream.clear();
  expect((await rig.call(gate, "/myservice", "allow-you")).status).toBe(401);
  expect((await rig.call(gate, "/myservice", "allow-me")).status).toBe(200);
  const [seen, ...more] = rig.cloud.upstream.requests();
  expect(more).toEqual([]);
  expect(seen?.headers["authorization"]).toBe(`Bearer ${upstreamKey}`);
});
