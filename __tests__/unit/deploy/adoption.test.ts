// What is taken for the gate's own: name and tag for what has tags, the gate's own names below it for its parts.
import {
  findOwn,
  inventory,
  withoutForeignParts,
} from "../../../src/deploy/adoption.ts";
import {
  conditionOf,
  createsIn,
  type Declared,
} from "../../../src/deploy/stack-state.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

const tags = { "ai-gate:gate": "ai-gate.acme.app/prod" };
const owner = { region: "eu-west-1", tags };
const name = "ai-gate-prod-eu-west-1-12345678";

type Answers = NonNullable<Parameters<typeof fakeAws>[0]>;

const look = async (
  type: string,
  inputs: Declared["inputs"],
  answers: Answers,
) => {
  const { asked, aws } = fakeAws(answers);
  const found = await findOwn(aws, owner, [{ type, name: "it", inputs }]);
  return { ...found, asked, ids: found.adoptable.map(({ id }) => id) };
};

const json = (value: object) => ({ body: JSON.stringify(value) });
const gone = { status: 404, errorCode: "ResourceNotFoundException" };

describe("a function, whose name is unique", () => {
  const type = "aws:lambda/function:Function";
  const call = "lambda GET /2015-03-31/functions/f";
  const lookAt = (answer: Answers[string]) =>
    look(type, { name: "f" }, { [call]: answer });

  test("with the gate's tag is the gate's", async () => {
    expect(await lookAt(json({ Tags: { ...tags, more: "x" } }))).toMatchObject({
      ids: ["f"],
      foreign: [],
    });
  });

  test.each<[string, object | undefined]>([
    ["without tags", undefined],
    ["of another stack", { "ai-gate:gate": "ai-gate.acme.app/prod2" }],
    ["of another repository", { "ai-gate:gate": "ai-gate.evil.app/prod" }],
    ["of no gate", { gate: "ai-gate.acme.app/prod" }],
  ])("%s is refused by its name", async (_, Tags) => {
    const { foreign, ids } = await lookAt(json(Tags ? { Tags } : {}));
    expect(ids).toEqual([]);
    expect(foreign).toEqual([
      expect.stringMatching(/^the Function f is there, but nothing shows/),
    ]);
  });

  test("that is not there is neither", async () => {
    expect(await lookAt(gone)).toMatchObject({ ids: [], foreign: [] });
  });

  test("that may not be looked at is said", async () => {
    const denied = { status: 403, errorCode: "AccessDeniedException" };
    expect(await lookAt(denied)).toMatchObject({
      ids: [],
      foreign: [],
      unseen: ["Function it (AccessDeniedException)"],
    });
  });
});

describe("an alarm, which another create would overwrite", () => {
  const type = "aws:cloudwatch/metricAlarm:MetricAlarm";
  const alarm = `${name}-throttled`;
  const AlarmArn = `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${alarm}`;
  const lookAt = (Tags: object[]) =>
    look(
      type,
      { name: alarm },
      {
        "monitoring DescribeAlarms": json({
          MetricAlarms: [{ AlarmName: alarm, AlarmArn }],
        }),
        "monitoring ListTagsForResource": ({ body }) => {
          expect(JSON.parse(body)).toEqual({ ResourceARN: AlarmArn });
          return json({ Tags });
        },
      },
    );

  test("with the gate's tag is the gate's", async () => {
    const own = [{ Key: "ai-gate:gate", Value: "ai-gate.acme.app/prod" }];
    expect(await lookAt(own)).toMatchObject({ ids: [alarm], foreign: [] });
  });

  test.each<[string, object[]]>([
    ["without tags", []],
    [
      "of another stack",
      [{ Key: "ai-gate:gate", Value: "ai-gate.acme.app/prod2" }],
    ],
  ])("%s is refused by its name", async (_, Tags) => {
    const { foreign, ids } = await lookAt(Tags);
    expect(ids).toEqual([]);
    expect(foreign).toEqual([
      expect.stringContaining(`the MetricAlarm ${alarm} is there, but nothing`),
    ]);
  });

  test("is asked for by its name alone, and its absence is no error", async () => {
    const { aws, requests } = fakeAws({
      "monitoring DescribeAlarms": json({ MetricAlarms: [] }),
    });
    const declared = [{ type, name: "it", inputs: { name: alarm } }];
    expect(await findOwn(aws, owner, declared)).toEqual({
      adoptable: [],
      foreign: [],
      unseen: [],
    });
    expect(requests.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { AlarmNames: [alarm] },
    ]);
    expect((await look(type, {}, {})).asked).toEqual([]);
  });
});

describe("an API, whose name is not", () => {
  const type = "aws:apigateway/restApi:RestApi";
  const lookAt = (...item: object[]) =>
    look(
      type,
      { name },
      {
        "apigateway GET /restapis?limit=500": json({ item }),
      },
    );

  test("is the one with name and tag", async () => {
    const found = await lookAt(
      { id: "other", name: "other", tags },
      { id: "bare", name },
      { id: "theirs", name, tags: { "ai-gate:gate": "x" } },
      { id: "own", name, tags },
    );
    expect(found).toMatchObject({ ids: ["own"], foreign: [] });
  });

  test("twice is not for the action to choose from", async () => {
    const { foreign, ids } = await lookAt(
      { id: "one", name, tags },
      { id: "two", name, tags },
    );
    expect(ids).toEqual([]);
    expect(foreign).toEqual([
      expect.stringMatching(/^there are 2 of the RestApi .* \(one, two\)/),
    ]);
  });
});

test("a usage plan, whose tags the list of plans may leave out", async () => {
  const plans = {
    "apigateway GET /usageplans?limit=500": json({
      item: [
        { id: "p1", name: "plan" },
        { id: "p2", name: "plan" },
        { id: "p3", name: "other" },
      ],
    }),
    "apigateway GET /usageplans/p1": json({ id: "p1", name: "plan", tags }),
    "apigateway GET /usageplans/p2": json({ id: "p2", name: "plan", tags: {} }),
  };
  const type = "aws:apigateway/usagePlan:UsagePlan";
  expect(await look(type, { name: "plan" }, plans)).toMatchObject({
    ids: ["p1"],
    foreign: [],
    unseen: [],
  });
});

describe("parts", () => {
  test("a stage of the API", async () => {
    const inputs = { restApi: "api", stageName: "v1" };
    const type = "aws:apigateway/stage:Stage";
    const call = "apigateway GET /restapis/api/stages/v1";
    expect((await look(type, inputs, { [call]: json({}) })).ids).toEqual([
      "api/v1",
    ]);
    const missing = { status: 404, errorCode: "NotFoundException" };
    expect((await look(type, inputs, { [call]: missing })).ids).toEqual([]);
  });

  test("nothing is asked as long as what it belongs to is not known", async () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    for (const [type, inputs] of [
      ["aws:apigateway/stage:Stage", { restApi: unknown, stageName: "v1" }],
      ["aws:apigateway/deployment:Deployment", { restApi: unknown }],
      [
        "aws:lambda/permission:Permission",
        { function: "f", sourceArn: unknown },
      ],
      [
        "aws:apigateway/usagePlanKey:UsagePlanKey",
        { keyId: unknown, usagePlanId: "p" },
      ],
    ] as const)
      expect(await look(type, inputs, {})).toMatchObject({
        asked: [],
        ids: [],
      });
  });

  test("the snapshot that a stage serves, else the newest", async () => {
    const type = "aws:apigateway/deployment:Deployment";
    const deployments = json({
      item: [
        { id: "old", createdDate: 1 },
        { id: "new", createdDate: 2 },
        { id: "by hand", createdDate: 3, description: "before the demo" },
      ],
    });
    const answers = (stages: object[]) => ({
      "apigateway GET /restapis/api/stages": json({ item: stages }),
      "apigateway GET /restapis/api/deployments?limit=500": deployments,
    });
    const ids = async (stages: object[]) =>
      (await look(type, { restApi: "api" }, answers(stages))).ids;
    expect(await ids([])).toEqual(["api/new"]);
    expect(await ids([{ deploymentId: "old" }])).toEqual(["api/old"]);
    // Somebody's stage beside the gate's.
    const two = [{ deploymentId: "old" }, { deploymentId: "new" }];
    expect(await ids(two)).toEqual([]);
  });

  test("the path of a domain name, if it leads to the API", async () => {
    const type = "aws:apigateway/basePathMapping:BasePathMapping";
    const at = (basePath?: string) => ({
      domainName: "ai.acme.dev",
      restApi: "api",
      ...(basePath !== undefined && { basePath }),
    });
    const path = "apigateway GET /domainnames/ai.acme.dev/basepathmappings";
    const to = (restApiId: string) => json({ restApiId });
    const answers = {
      [`${path}/chat`]: to("api"),
      [`${path}/%28none%29`]: to("other"),
    };
    expect(await look(type, at("chat"), answers)).toMatchObject({
      ids: ["ai.acme.dev/chat"],
      foreign: [],
    });
    expect(await look(type, at(), answers)).toMatchObject({
      ids: [],
      foreign: [expect.stringMatching(/^the BasePathMapping ai.acme.dev\/ is/)],
    });
  });

  test("a domain name, whose name is the user's, by its tag", async () => {
    const type = "aws:apigateway/domainName:DomainName";
    const call = "apigateway GET /domainnames/ai.acme.dev";
    const inputs = { domainName: "ai.acme.dev" };
    const own = await look(type, inputs, { [call]: json({ tags }) });
    expect(own.ids).toEqual(["ai.acme.dev"]);
    const bare = await look(type, inputs, { [call]: json({}) });
    expect([bare.ids, bare.foreign.length]).toEqual([[], 1]);
  });

  test("the statement for exactly this source, of which one is enough", async () => {
    const statement = (Sid: string, source: string) => ({
      Sid,
      Condition: { ArnLike: { "AWS:SourceArn": source } },
    });
    const Policy = JSON.stringify({
      Statement: [
        statement("other", "arn:api2/authorizers/*"),
        statement("own", "arn:api/authorizers/*"),
        { Sid: "open" },
      ],
    });
    const { ids } = await look(
      "aws:lambda/permission:Permission",
      { function: "f", sourceArn: "arn:api/authorizers/*" },
      { "lambda GET /2015-03-31/functions/f/policy": json({ Policy }) },
    );
    expect(ids).toEqual(["f/own"]);
  });
});

test("a type that a second create sets the same again is not looked for", async () => {
  const { asked } = await look("aws:apigateway/response:Response", {}, {});
  expect(asked).toEqual([]);
});

test("of a gate without a program: the policy of a role that is somebody else's is left alone", async () => {
  const role = (Tags: string) => ({
    body: `<GetRoleResponse><GetRoleResult><Role><RoleName>r</RoleName><Path>/</Path><RoleId>i</RoleId><Arn>a</Arn><Tags>${Tags}</Tags></Role></GetRoleResult></GetRoleResponse>`,
  });
  const policy = {
    body: "<GetRolePolicyResponse><GetRolePolicyResult><PolicyName>authorizer</PolicyName></GetRolePolicyResult></GetRolePolicyResponse>",
  };
  const own =
    "<member><Key>ai-gate:gate</Key><Value>ai-gate.acme.app/prod</Value></member>";
  const declared = inventory(name).filter(({ type }) =>
    type.startsWith("aws:iam/"),
  );
  const ids = async (tags: string) => {
    const answer = (request: { body: string }) =>
      request.body.includes("Action=GetRolePolicy") ? policy : role(tags);
    const { aws } = fakeAws({ "iam POST /": answer });
    const found = withoutForeignParts(await findOwn(aws, owner, declared));
    return found.adoptable.map(({ id }) => id);
  };
  expect(await ids("")).toEqual([]);
  expect(await ids(own)).toEqual([
    `${name}-authorizer`,
    `${name}-authorizer:authorizer`,
    `${name}-custom`,
    `${name}-custom:authorizer`,
  ]);
});

describe("a state", () => {
  const urn = (type: string, at: string) =>
    `urn:pulumi:prod::ai-gate.acme.app::${type}::${at}`;
  const role = "aws:iam/role:Role";
  const snapshot = "aws:apigateway/deployment:Deployment";
  const stateOf = (deployment: object) =>
    conditionOf({ version: 3, deployment });

  test("that is whole", () => {
    const resources = [{ type: role, urn: urn(role, "r") }];
    expect(stateOf({ resources })).toEqual({
      isEmpty: false,
      isCutShort: false,
      pending: [],
      snapshots: [],
    });
    expect(stateOf({}).isEmpty).toBe(true);
  });

  test("of an engine that was killed in a create, in a replacement, and in a delete", () => {
    const inputs = { name: "x" };
    const resource = { type: role, urn: urn(role, "r::1"), inputs };
    const again = {
      type: snapshot,
      urn: urn(snapshot, "s"),
      inputs: { restApi: "api" },
    };
    expect(
      stateOf({
        manifest: { time: "2026-08-01T12:00:00.123456789Z" },
        resources: [{ ...again, id: "first" }],
        pending_operations: [
          { type: "creating", resource },
          { type: "creating", resource: again },
          { type: "deleting", resource: { type: role, urn: urn(role, "d") } },
        ],
      }),
    ).toEqual({
      isEmpty: false,
      isCutShort: true,
      pending: [{ type: role, name: "r::1", inputs }],
      snapshots: [
        { api: "api", at: "2026-08-01T12:00:00.123456789Z", kept: ["first"] },
      ],
    });
  });

  test("of a preview: what it would create", () => {
    const step = (op: string) => ({
      sequence: 1,
      timestamp: 1,
      resourcePreEvent: {
        metadata: { op, new: { type: role, urn: urn(role, op), inputs: {} } },
      },
    });
    const events = ["create", "same", "update"].map(step);
    expect(createsIn(events as never).map((one) => one.name)).toEqual([
      "create",
    ]);
  });
});
