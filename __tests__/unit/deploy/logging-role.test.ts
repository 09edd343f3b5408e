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

  test("a role that an earlier run left is used", async () => {
    let calls = 0;
    const fake = fakeAws({
      "iam POST /": () =>
        (calls += 1) === 1
          ? { status: 409, errorCode: "EntityAlreadyExists" }
          : {},
    });
    await ensureLoggingRole(fake.aws, asking, account);
    expect(writes(fake)).toEqual(making);
  });

  test.each<[string, Replies, Gate]>([
    ["one that is set, whoever set it", isSet, asking],
    ["one that cannot be looked at", denied, asking],
    ["one that the config does not ask for", {}, given],
  ])("%s is left alone", async (_, replies, of) => {
    const fake = fakeAws(replies);
    expect(await ensureLoggingRole(fake.aws, of, account)).toBeUndefined();
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
