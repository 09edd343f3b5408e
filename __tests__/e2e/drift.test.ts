// What can be changed at a gate by hand, and whether `drift` finds it, says where, and `refresh` with `up` puts it back.
// Through dist/ and the real engine, with the stand-in AWS plugin and, in `npm run test:rig`, the real Terraform provider.
import { zip } from "../fixtures/zip.ts";
import {
  callAws,
  nameOf,
  type Rig,
  type Run,
  startRig,
} from "../fixtures/action-rig.ts";
import { pluginsOfRun } from "../fixtures/plugins.ts";

jest.setTimeout(600_000);

const token = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";
const config = `
upstreams:
  main: { url: https://upstream.example.com/echo }
routes:
  - { path: /score, methods: [POST], upstream: main }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN } }
`;

const authorizer = `${nameOf("prod")}-authorizer`;

/** An authorizer that lets everybody in. */
const openDoor = `export const handler = async ({ methodArn }) => ({
  principalId: "anybody",
  policyDocument: { Version: "2012-10-17", Statement: [{ Action: "execute-api:Invoke", Effect: "Allow", Resource: methodArn }] },
});`;

interface HandChange {
  readonly what: string;
  /** Logical name of the resource that is found, and the properties that are named. */
  readonly found: readonly [name: string, properties: RegExp];
  readonly make: (rig: Rig, api: string) => Promise<unknown>;
}

const gateway = (
  rig: Rig,
  method: string,
  at: string,
  body?: object,
): Promise<Record<string, unknown>> =>
  callAws(rig.cloud, {
    service: "apigateway",
    method,
    path: at,
    ...(body && { body }),
  });

/** A route in the console: resource, method, integration, and `Deploy API`. */
async function openRoute(rig: Rig, api: string): Promise<void> {
  const of = `/restapis/${api}`;
  const { item } = (await gateway(rig, "GET", `${of}/resources`)) as {
    item: { id: string; path: string }[];
  };
  const root = item.find((one) => one.path === "/")?.id ?? "";
  const { id } = await gateway(rig, "POST", `${of}/resources/${root}`, {
    pathPart: "open",
  });
  const method = `${of}/resources/${String(id)}/methods/GET`;
  await gateway(rig, "PUT", method, { authorizationType: "NONE" });
  await gateway(rig, "PUT", `${method}/integration`, {
    type: "HTTP_PROXY",
    httpMethod: "GET",
    uri: "https://upstream.example.com/echo",
  });
  await gateway(rig, "POST", `${of}/deployments`, { stageName: "v1" });
}

const replaceCode = ({ cloud }: Rig) =>
  callAws(cloud, {
    service: "lambda",
    method: "PUT",
    path: `/2015-03-31/functions/${authorizer}/code`,
    body: { ZipFile: zip({ "index.mjs": openDoor }).toString("base64") },
  });

const changes: readonly HandChange[] = [
  {
    what: "a route without authorizer, deployed",
    found: ["stage", /^deployment/],
    make: openRoute,
  },
  {
    what: "a limit of the stage",
    // One of the plugins names the property below it.
    found: ["throttle", /^settings/],
    make: (rig, api) =>
      gateway(rig, "PATCH", `/restapis/${api}/stages/v1`, {
        patchOperations: [
          { op: "replace", path: "/*/*/throttling/rateLimit", value: "9000" },
        ],
      }),
  },
  {
    what: "the authorizer's code",
    found: ["authorizer", /^codeSha256/],
    make: replaceCode,
  },
  {
    what: "what the authorizer's role may do",
    found: ["authorizer-policy", /^policy/],
    make: ({ cloud }) =>
      callAws(cloud, {
        service: "iam",
        form: {
          Action: "PutRolePolicy",
          Version: "2010-05-08",
          RoleName: authorizer,
          PolicyName: "authorizer",
          PolicyDocument: JSON.stringify({
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
          }),
        },
      }),
  },
  {
    what: "how long logs are kept",
    found: ["authorizer-logs", /^retentionInDays/],
    make: ({ cloud }) =>
      callAws(cloud, {
        service: "logs",
        target: "Logs_20140328.PutRetentionPolicy",
        body: { logGroupName: `/aws/lambda/${authorizer}`, retentionInDays: 1 },
      }),
  },
  {
    what: "that API Gateway may ask the authorizer",
    found: ["authorizer-permission", /^$/],
    make: async ({ cloud }) => {
      const at = `/2015-03-31/functions/${authorizer}/policy`;
      const { Policy } = await callAws(cloud, {
        service: "lambda",
        method: "GET",
        path: at,
      });
      const { Statement } = JSON.parse(String(Policy)) as {
        Statement: { Sid: string }[];
      };
      await callAws(cloud, {
        service: "lambda",
        method: "DELETE",
        path: `${at}/${Statement[0]?.Sid ?? ""}`,
      });
    },
  },
];

describe.each(pluginsOfRun)("with %s", (_name, plugin) => {
  let rig: Rig;
  /** Runs by what they are for, and what callers were answered after them. */
  const runs: Record<string, Run> = {};
  const answers: Record<string, readonly number[]> = {};

  const options = () => ({
    files: { "ai-gate.yml": config },
    environment: { TEAM_A_TOKEN: token },
  });
  const run = (command: string) => rig.run(command, "prod", options());
  /** Of the route made by hand, of an unknown caller's call, and of a consumer's. */
  const ask = async () => [
    (await rig.call(runs["first"]!, "/open", undefined, "GET")).status,
    (await rig.call(runs["first"]!, "/score")).status,
    (await rig.call(runs["first"]!, "/score", token)).status,
  ];

  beforeAll(async () => {
    rig = await startRig({ plugin });
    runs["first"] = await rig.up("prod", options());
    answers["deployed"] = await ask();
    const api = runs["first"].outputs["api-id"] ?? "";
    for (const { make } of changes) await make(rig, api);
    answers["changed"] = await ask();
    runs["drift"] = await run("drift");
    await run("refresh");
    runs["put back"] = await run("up");
    answers["put back"] = await ask();
    runs["quiet"] = await run("drift");
    await replaceCode(rig);
    runs["code again"] = await run("up");
    answers["code again"] = await ask();
    runs["second"] = await run("up");
  });
  afterAll(() => rig.cloud.stop());

  test("there is none of a gate that was just put back", () => {
    const { code, outputs, writes } = runs["quiet"]!;
    expect({ code, changes: outputs["changes"], writes }).toEqual({
      code: 0,
      changes: "[]",
      writes: [],
    });
  });

  test("is red, and changes nothing", () => {
    const { code, outputs, writes } = runs["drift"]!;
    expect({ code, reason: outputs["failure-reason"], writes }).toEqual({
      code: 1,
      reason: "drift",
      writes: [],
    });
  });

  test.each(changes.map((change) => [change.what, change] as const))(
    "%s is found",
    (_what, { found: [name, properties] }) => {
      const all = JSON.parse(runs["drift"]!.outputs["changes"] ?? "") as {
        name: string;
        diffs: string[];
      }[];
      const one = all.find((resource) => resource.name === name);
      expect({ name: one?.name, all }).toEqual({ name, all });
      expect(one?.diffs.join(" ")).toMatch(properties);
    },
  );

  test("refresh and up put all of it back", () => {
    expect(answers["changed"]?.[0]).toBe(200);
    expect(answers["deployed"]).toEqual([404, 401, 200]);
    expect(answers["put back"]).toEqual([404, 401, 200]);
    expect(runs["put back"]!.outputs).toMatchObject({ ready: "true" });
  });

  test("an up alone puts the authorizer's code back, every time, and then rests", () => {
    const { outputs, stdout, summary } = runs["code again"]!;
    expect(summary).toContain(
      "was changed outside this action and has been restored",
    );
    expect(outputs).toMatchObject({ ready: "true", "update-count": "1" });
    expect(stdout).toContain(`${authorizer} does not hold the code`);
    expect(answers["code again"]).toEqual([404, 401, 200]);
    expect(runs["second"]).toMatchObject({
      code: 0,
      outputs: { changed: "false", ready: "true" },
      writes: [],
    });
  });
});
