// The account's role for API Gateway's logs: looked at, made only where there is none and the config asks for it, never changed.
import {
  checkLoggingRole,
  ensureLoggingRole,
} from "../../../src/deploy/logging-role.ts";
import type { Gate } from "../../../src/gate/gate.ts";
import { fakeAws, type FakeAws } from "../../fixtures/fake-aws.ts";
import { gate } from "../../fixtures/program-run.ts";

const given: Gate = { ...gate, accessLog: { makesRole: false } };
const asking: Gate = { ...gate, accessLog: { makesRole: true } };
const account = "111122223333";
const role = `arn:aws:iam::${account}:role/ai-gate-api-gateway-logs-eu-west-1`;

type Replies = NonNullable<Parameters<typeof fakeAws>[0]>;
const isSet = {
  "apigateway GET /account": { body: '{"cloudwatchRoleArn":"arn:x"}' },
};
const denied = {
  "apigateway GET /account": {
    status: 403,
    errorCode: "AccessDeniedException",
  },
};

const writes = ({ asked, requests }: FakeAws) =>
  asked
    .map((name, index) => {
      const action = new URLSearchParams(requests[index]?.body).get("Action");
      return action ?? name;
    })
    .filter((name) => !name.includes("GET "));

const making = ["CreateRole", "PutRolePolicy", "apigateway PATCH /account"];

describe("before anything is made", () => {
  const look = (replies: Replies, of: Gate) =>
    checkLoggingRole(fakeAws(replies).aws, of);

  test("an account without a role is a problem that says what to do", async () => {
    const [problem, ...more] = await look({}, given);
    expect(more).toEqual([]);
    expect(problem).toEqual({
      where: "logs.access",
      message: expect.stringMatching(
        /no role for logs.*eu-west-1.*: set a role.*`logs\.account-role: true`/,
      ),
    });
  });

  test.each<[string, Replies, Gate]>([
    ["a role that is set", isSet, given],
    ["no right to look", denied, given],
    ["a gate that may make one", {}, asking],
  ])("%s is none", async (_, replies, of) => {
    expect(await look(replies, of)).toEqual([]);
  });

  test("a gate without an access log asks nothing", async () => {
    const { asked, aws } = fakeAws();
    expect(await checkLoggingRole(aws, gate)).toEqual([]);
    expect(asked).toEqual([]);
  });
});

describe("on up", () => {
  test("where there is none it is made, waited for, and set", async () => {
    const notYet = { status: 400, errorCode: "BadRequestException" };
    const fake = fakeAws({ "apigateway PATCH /account": [notYet, notYet, {}] });
    expect(await ensureLoggingRole(fake.aws, asking, account)).toMatch(
      /ai-gate-api-gateway-logs-eu-west-1 is now .*eu-west-1/,
    );
    expect(writes(fake)).toEqual([...making, making[2], making[2]]);
    expect(fake.waits).toEqual([2000, 4000]);
    expect(JSON.parse(fake.requests.at(-1)?.body ?? "")).toEqual({
      patchOperations: [
        { op: "replace", path: "/cloudwatchRoleArn", value: role },
      ],
    });
    const [create] = fake.requests.filter(({ body }) =>
      body.includes("Action=CreateRole"),
    );
    const trust = new URLSearchParams(create?.body).get(
      "AssumeRolePolicyDocument",
    );
    expect(trust).toContain('"Service":"apigateway.amazonaws.com"');
  });

  const trust = (service: string, more: object = {}) => ({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: service },
        Action: "sts:AssumeRole",
        ...more,
      },
    ],
  });
  const ours = trust("apigateway.amazonaws.com");
  const limit = `arn:aws:iam::${account}:policy/limit`;

  /** A role of this name is there already. */
  const there = (document: object | string, path = "/", boundary = "") =>
    fakeAws({
      "iam POST /": ({ body }) => {
        const action = new URLSearchParams(body).get("Action");
        if (action === "CreateRole")
          return { status: 409, errorCode: "EntityAlreadyExists" };
        if (action !== "GetRole") return {};
        const text =
          typeof document === "string" ? document : JSON.stringify(document);
        const bound = `<PermissionsBoundary><PermissionsBoundaryArn>${boundary}</PermissionsBoundaryArn></PermissionsBoundary>`;
        return {
          body: `<GetRoleResponse><GetRoleResult><Role><Path>${path}</Path><AssumeRolePolicyDocument>${encodeURIComponent(text)}</AssumeRolePolicyDocument>${boundary && bound}</Role></GetRoleResult></GetRoleResponse>`,
        };
      },
    });
  const looking = ["CreateRole", "GetRole"];

  test.each<[string, FakeAws, Gate]>([
    ["", there(ours), asking],
    [
      " with its path and boundary",
      there(ours, "/ai/", limit),
      { ...asking, rolePath: "/ai/", permissionsBoundary: limit },
    ],
  ])("a role that an earlier run left%s is used", async (_, fake, of) => {
    await ensureLoggingRole(fake.aws, of, account);
    expect(writes(fake)).toEqual([...looking, ...making.slice(1)]);
  });

  test.each<[string, FakeAws, RegExp, Gate?]>([
    [
      "another service may assume",
      there(trust("lambda.amazonaws.com")),
      /others than API Gateway/,
    ],
    [
      "another account may assume too",
      there({
        ...ours,
        Statement: [
          ...ours.Statement,
          ...trust("", { Principal: { AWS: "444455556666" } }).Statement,
        ],
      }),
      /others than API Gateway/,
    ],
    [
      "anybody may assume",
      there(trust("", { Principal: "*" })),
      /others than API Gateway/,
    ],
    [
      "API Gateway may tag sessions of",
      there(
        trust("apigateway.amazonaws.com", {
          Action: ["sts:AssumeRole", "sts:TagSession"],
        }),
      ),
      /others than API Gateway/,
    ],
    ["says nothing of its trust", there(""), /others than API Gateway/],
    ["is at another path", there(ours, "/other/"), /another path than \//],
    [
      "has no boundary",
      there(ours),
      /another permissions boundary/,
      { ...asking, permissionsBoundary: limit },
    ],
  ])(
    "a role of its name that %s is refused and left alone",
    async (_, fake, said, of = asking) => {
      await expect(
        ensureLoggingRole(fake.aws, of, account),
      ).rejects.toMatchObject({
        reason: "aws-denied",
        message: expect.stringMatching(said) as string,
      });
      expect(writes(fake)).toEqual(looking);
    },
  );

  test.each<[string, Replies, Gate]>([
    ["one that is set, whoever set it", isSet, asking],
    ["one that the config does not ask for", {}, given],
  ])("%s is left alone", async (_, replies, of) => {
    const fake = fakeAws(replies);
    expect(await ensureLoggingRole(fake.aws, of, account)).toBeUndefined();
    expect(writes(fake)).toEqual([]);
  });

  test("one that cannot be looked at, and may have to be made, is said", async () => {
    const fake = fakeAws(denied);
    await expect(
      ensureLoggingRole(fake.aws, asking, account),
    ).rejects.toMatchObject({
      reason: "aws-denied",
      message: expect.stringContaining("apigateway:GET"),
    });
    expect(writes(fake)).toEqual([]);
  });

  test("a refusal names what to allow", async () => {
    const { aws } = fakeAws({
      "iam POST /": { status: 403, errorCode: "AccessDenied" },
    });
    await expect(ensureLoggingRole(aws, asking, account)).rejects.toMatchObject(
      {
        reason: "aws-denied",
        message: expect.stringMatching(/iam:CreateRole.*apigateway:PATCH/),
      },
    );
  });
});
