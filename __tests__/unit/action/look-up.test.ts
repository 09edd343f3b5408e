// What is looked at before anything is made; all that is wrong is said at once.
import { lookUp } from "../../../src/action/stack/prepare.ts";
import { type Gate, isHttp, type IssuerKeys } from "../../../src/gate/gate.ts";
import { hostWith } from "../../fixtures/host.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";
import { gate } from "../../fixtures/proof-gates.ts";

const identity = {
  "sts POST /": {
    body: "<R><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></R>",
  },
};

/** Nothing listens there, and no name is looked up. */
const nowhere = "https://127.0.0.1:9";

const withKeys = (keys: IssuerKeys): Gate =>
  gate({
    auth: {
      mode: "built-in",
      cacheTtl: 60,
      store: "bundled",
      issuers: [
        {
          name: "staff",
          issuer: nowhere,
          audiences: ["api"],
          audienceClaim: "aud",
          algorithms: ["RS256"],
          keys,
          clockSkew: 30,
          conditions: [],
        },
      ],
    },
  });

async function look(given: Gate | undefined, replies = {}) {
  const { aws } = fakeAws({ ...identity, ...replies });
  const lines: string[] = [];
  const target = {
    command: "up" as const,
    stack: "prod",
    region: "eu-west-1",
    gate: given,
    removeStack: false,
  };
  const host = hostWith({ log: (line) => lines.push(line) });
  const found = await lookUp(aws, target, { host });
  return { ...found, lines, target };
}

test("a command without a gate only learns the account", async () => {
  const { account, ready, target } = await look(undefined);
  expect(account).toBe("123456789012");
  expect(ready).toBe(target);
});

test("keys that are given are taken; keys that cannot be seen are a line in the log", async () => {
  const given = withKeys({ kind: "given", jwks: { keys: [] } });
  expect((await look(given)).ready.gate).toEqual(given);
  const { lines, ready } = await look(
    withKeys({ kind: "uri", uri: `${nowhere}/keys` }),
  );
  expect(ready.gate?.auth).toMatchObject({
    issuers: [{ keys: { kind: "uri", uri: `${nowhere}/keys` } }],
  });
  expect(lines).toEqual([
    expect.stringMatching(
      /^auth\.issuers\.staff: the issuer's keys .* cannot be read/,
    ),
  ]);
});

test("a missing secret and a missing issuer are said together", async () => {
  const given = withKeys({ kind: "discovery" });
  const secret = {
    header: "Authorization",
    prefix: "Bearer ",
    secret: { store: "ssm" as const, name: "/ai/key" },
  };
  const [first, ...others] = given.upstreams.filter(isHttp);
  await expect(
    look(
      { ...given, upstreams: [{ ...first!, credential: secret }, ...others] },
      { "ssm DescribeParameters": { body: '{"Parameters":[]}' } },
    ),
  ).rejects.toMatchObject({
    reason: "invalid-input",
    message:
      "the gate's upstream would refuse every call, and the gate could not tell whose tokens are right",
    problems: [{ where: "upstream openai" }, { where: "auth.issuers.staff" }],
  });
});
