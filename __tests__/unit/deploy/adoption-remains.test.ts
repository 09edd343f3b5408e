// What a gate has left that only AWS knows the names of: by its tag, or as a part of what is the gate's.
import { findUndeclared } from "../../../src/deploy/adoption-remains.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

const tags = { "ai-gate:gate": "ai-gate.acme.app/prod" };
const theirs = { "ai-gate:gate": "ai-gate.acme.app/prod2" };
const prefix = "ai-gate-prod-eu-west-1-12345678";
const json = (value: object) => ({ body: JSON.stringify(value) });
const role = `${prefix}-call-11111111`;
const tool = "arn:aws:lambda:eu-west-1:111122223333:function:tool";
const uri = (arn: string) =>
  `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${arn}/invocations`;
const Policy = (...apis: string[]) =>
  JSON.stringify({
    Statement: apis.map((api) => ({
      Sid: `s-${api}`,
      Condition: {
        ArnLike: {
          "AWS:SourceArn": `arn:aws:execute-api:eu-west-1:111122223333:${api}/v1/POST/a`,
        },
      },
    })),
  });

const answers = {
  "apigateway GET /usageplans?limit=500": json({
    item: [
      { id: "p1", name: `${prefix}-basic`, tags },
      { id: "p2", name: `${prefix}-basic`, tags: theirs },
      { id: "p3", name: `${prefix}-basic` },
      { id: "p4", name: "other", tags },
    ],
  }),
  "apigateway GET /usageplans/p1/keys?limit=500": json({
    item: [{ id: "k1" }],
  }),
  [`apigateway GET /apikeys?limit=500&name=${prefix}`]: json({
    item: [
      { id: "k1", name: `${prefix}-team-a`, tags },
      { id: "k2", name: `${prefix}-team-a`, tags: theirs },
    ],
  }),
  "apigateway GET /domainnames?limit=500": json({
    item: [
      { domainName: "own.dev", tags },
      { domainName: "shared.dev" },
      { domainName: "closed.dev", tags: theirs },
    ],
  }),
  "apigateway GET /domainnames/own.dev/basepathmappings?limit=500": json({
    item: [
      { basePath: "(none)", restApiId: "api" },
      { basePath: "x", restApiId: "api2" },
    ],
  }),
  "apigateway GET /domainnames/shared.dev/basepathmappings?limit=500": json({
    item: [{ basePath: "ai", restApiId: "api" }],
  }),
  "apigateway GET /domainnames/closed.dev/basepathmappings?limit=500": {
    status: 403,
    errorCode: "AccessDeniedException",
  },
  "apigateway GET /restapis/api/resources?embed=methods&limit=500": json({
    item: [
      {
        resourceMethods: {
          POST: {
            methodIntegration: {
              credentials: `arn:aws:iam::111122223333:role/x/${role}`,
            },
          },
          GET: {
            methodIntegration: {
              credentials: "arn:aws:iam::111122223333:role/admin",
            },
          },
          PUT: { methodIntegration: { uri: uri(`${tool}:live`) } },
        },
      },
    ],
  }),
  "lambda GET /2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3Atool/policy?Qualifier=live":
    json({ Policy: Policy("api", "api2") }),
  "iam POST /": ({ body }: { body: string }) => ({
    body: body.includes("Action=GetRolePolicy")
      ? "<GetRolePolicyResponse><GetRolePolicyResult><PolicyName>invoke</PolicyName></GetRolePolicyResult></GetRolePolicyResponse>"
      : `<GetRoleResponse><GetRoleResult><Role><RoleName>${role}</RoleName><Path>/</Path><RoleId>i</RoleId><Arn>a</Arn><Tags><member><Key>ai-gate:gate</Key><Value>ai-gate.acme.app/prod</Value></member></Tags></Role></GetRoleResult></GetRoleResponse>`,
  }),
};

const find = (changes: Parameters<typeof fakeAws>[0] = {}) => {
  const { aws } = fakeAws({ ...answers, ...changes });
  const owner = { region: "eu-west-1", tags };
  const found = [
    { type: "aws:apigateway/restApi:RestApi", name: "gate", id: "api" },
  ];
  return findUndeclared(aws, owner, { found, prefix });
};

const wordsOf = ({ adoptable }: Awaited<ReturnType<typeof find>>) =>
  adoptable.map(({ id, type }) => `${type.split(":").at(-1) ?? ""} ${id}`);

test("the gate's own, and nothing else's", async () => {
  const found = await find();
  expect(found.unseen).toEqual([]);
  expect(found.foreign).toEqual([]);
  expect(wordsOf(found).sort()).toEqual([
    "ApiKey k1",
    "BasePathMapping own.dev/",
    "BasePathMapping shared.dev/ai",
    "DomainName own.dev",
    "Permission tool:live/s-api",
    `Role ${role}`,
    `RolePolicy ${role}:invoke`,
    "UsagePlan p1",
    "UsagePlanKey p1/k1",
  ]);
  // Two of a type and name would be one to the engine.
  const names = found.adoptable.map(({ name, type }) => type + name);
  expect(new Set(names).size).toBe(names.length);
});

test("what may not be read is said, and hides nothing else", async () => {
  const denied = { status: 403, errorCode: "AccessDeniedException" };
  const found = await find({
    "apigateway GET /usageplans?limit=500": denied,
    "apigateway GET /domainnames/own.dev/basepathmappings?limit=500": denied,
  });
  expect(found.unseen).toEqual([
    "usage plans (AccessDeniedException)",
    "domain names (AccessDeniedException)",
  ]);
  expect(wordsOf(found)).toContain("ApiKey k1");
});
