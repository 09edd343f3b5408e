import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startCloud, type Cloud } from "../../../../local/cloud/cloud.ts";
import {
  runCommand,
  type CommandResult,
} from "../../../../local/system/processes.ts";
import { eventually, gone } from "../../../fixtures/eventually.ts";
import { zip } from "../../../fixtures/zip.ts";

jest.setTimeout(120_000);

const region = "eu-west-1";
const key = "Bearer upstream-key";

const authorizer = `
export const handler = async (event) => {
  if (event.authorizationToken !== "Bearer caller") throw new Error("Unauthorized");
  const answer = await fetch(process.env.AWS_ENDPOINT_URL, {
    method: "POST",
    headers: { "x-amz-target": "secretsmanager.GetSecretValue", "content-type": "application/x-amz-json-1.1",
      authorization: "AWS4-HMAC-SHA256 Credential=x/20260101/${region}/secretsmanager/aws4_request, SignedHeaders=host, Signature=0" },
    body: JSON.stringify({ SecretId: "upstream" }),
  });
  const { SecretString } = await answer.json();
  return { principalId: "me", context: { key: SecretString },
    policyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "execute-api:Invoke", Resource: event.methodArn }] } };
};`;

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({
    region,
    upstream: {
      credentials: {
        "api.openai.com": { header: "authorization", value: key },
      },
    },
    github: { repository: "acme/app", pulls: [{ number: 1 }], tokens: {} },
    hosts: {
      "get.pulumi.com": (_request, response) => response.end("an engine"),
    },
  });
});
afterAll(() => cloud.stop());

function curl(...args: string[]): Promise<CommandResult> {
  const env = { PATH: process.env.PATH ?? "", ...cloud.env };
  return runCommand({
    file: "curl",
    arguments: ["-sS", ...args],
    env,
    directory: cloud.directory,
  });
}

/** `call` is METHOD and path; `target` the operation of a JSON service. */
async function aws(
  service: string,
  call: string,
  body: unknown,
  target?: string,
): Promise<Record<string, string>> {
  const [method = "", path = ""] = call.split(" ");
  const credential = `Credential=x/20260101/${region}/${service}/aws4_request`;
  const response = await fetch(`${cloud.env.AWS_ENDPOINT_URL ?? ""}${path}`, {
    method,
    headers: {
      authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0`,
      ...(target === undefined
        ? {}
        : {
            "x-amz-target": target,
            "content-type": "application/x-amz-json-1.1",
          }),
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Record<string, string>;
}

const arn = `arn:aws:lambda:${region}:000000000000:function:authorizer`;

function document(): unknown {
  const route = (uri: string): unknown => ({
    get: {
      responses: {},
      security: [{ gate: [] }],
      "x-amazon-apigateway-integration": {
        type: "http_proxy",
        httpMethod: "GET",
        uri,
        requestParameters: {
          "integration.request.header.Authorization": "context.authorizer.key",
        },
      },
    },
  });
  return {
    openapi: "3.0.1",
    info: { title: "test", version: "1" },
    paths: {
      "/models": route("https://api.openai.com/v1/models"),
      "/elsewhere": route("https://elsewhere.example.com/"),
    },
    components: {
      securitySchemes: {
        gate: {
          type: "apiKey",
          name: "Authorization",
          in: "header",
          "x-amazon-apigateway-authtype": "custom",
          "x-amazon-apigateway-authorizer": {
            type: "token",
            authorizerUri: `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${arn}/invocations`,
            authorizerResultTtlInSeconds: 0,
          },
        },
      },
    },
  };
}

async function deploy(): Promise<string> {
  await aws(
    "secretsmanager",
    "POST /",
    { Name: "upstream", SecretString: key },
    "secretsmanager.CreateSecret",
  );
  await aws("lambda", "POST /2015-03-31/functions", {
    FunctionName: "authorizer",
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Role: "arn:aws:iam::000000000000:role/any",
    Code: { ZipFile: zip({ "index.mjs": authorizer }).toString("base64") },
  });
  await aws("lambda", "POST /2015-03-31/functions/authorizer/policy", {
    StatementId: "gate",
    Action: "lambda:InvokeFunction",
    Principal: "apigateway.amazonaws.com",
  });
  const { id = "" } = await aws("apigateway", "POST /restapis", {
    name: "gate",
  });
  const api = `/restapis/${id}`;
  await aws("apigateway", `PUT ${api}?mode=overwrite`, document());
  const deployment = await aws("apigateway", `POST ${api}/deployments`, {});
  await aws("apigateway", `POST ${api}/stages`, {
    stageName: "v1",
    deploymentId: deployment["id"],
  });
  return `https://${id}.execute-api.${region}.amazonaws.com/v1`;
}

test("a gate under its real URL: the authorizer reads the secret, the upstream sees its key and not the caller's", async () => {
  const url = await deploy();
  expect(
    (await curl("-o", "/dev/null", "-w", "%{http_code}", `${url}/models`))
      .stdout,
  ).toBe("401");
  const answered = await curl(
    "-H",
    "Authorization: Bearer caller",
    `${url}/models`,
  );
  expect(JSON.parse(answered.stdout)).toMatchObject({ object: "list" });
  expect(cloud.upstream.requests()).toMatchObject([
    {
      host: "api.openai.com",
      path: "/v1/models",
      headers: { authorization: key },
    },
  ]);
  const elsewhere = await curl(
    "-o",
    "/dev/null",
    "-w",
    "%{http_code}",
    "-H",
    "Authorization: Bearer caller",
    `${url}/elsewhere`,
  );
  expect(elsewhere.stdout).toMatch(/^50\d$/);
  expect(cloud.gateway.ledger.map(({ operation }) => operation)).toEqual(
    expect.arrayContaining([
      "CreateSecret",
      "CreateFunction",
      "CreateDeployment",
      "GetSecretValue",
    ]),
  );
});

test("hosts are answered or refused as set", async () => {
  expect((await curl("https://get.pulumi.com/x")).stdout).toBe("an engine");
  expect(
    (
      await curl(
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        "https://api.github.com/repos/acme/app",
      )
    ).stdout,
  ).toBe("401");
  expect((await curl("https://sts.amazonaws.com/")).code).not.toBe(0);
  expect(cloud.proxy.refused()).toEqual(["sts.amazonaws.com:443"]);
});

/** Unpacks what the tool cache holds, by the name its release has. */
function unpacked({ env, directory }: Cloud, name: string) {
  const kept = join(env.RUNNER_TOOL_CACHE ?? "", "ai-gate-action");
  const archive = readdirSync(kept).find((one) => one.startsWith(name)) ?? "";
  const target = mkdtempSync(join(directory, "unpacked-"));
  execFileSync("tar", ["-xzf", join(kept, archive), "-C", target]);
  const sum = createHash("sha256").update(readFileSync(join(kept, archive)));
  return { target, archive, digest: `sha256:${sum.digest("hex")}` };
}

test.each([
  ["pulumi", "pulumi-v"],
  ["pulumi-aws", "pulumi-resource-aws-v"],
])(
  "the tool cache holds the archive of %s that its release names",
  async (repository, name) => {
    const { archive, digest } = unpacked(cloud, name);
    const { stdout } = await curl(
      `https://api.github.com/repos/pulumi/${repository}/releases/tags/v1`,
    );
    const { assets } = JSON.parse(stdout) as { assets: object[] };
    expect(assets).toContainEqual({ name: archive, digest });
  },
);

test("the engine in it runs", async () => {
  const { archive, target } = unpacked(cloud, "pulumi-v");
  const version = await runCommand({
    file: join(target, "pulumi/pulumi"),
    arguments: ["version"],
    env: cloud.env,
    directory: cloud.directory,
  });
  expect(archive).toContain(`-${version.stdout.trim()}-`);
});

test("a plugin may be given, and nothing is left after stop", async () => {
  const other = await startCloud({ plugin: process.execPath });
  const { directory, env } = other;
  const { target } = unpacked(other, "pulumi-resource-aws-v");
  const version = await runCommand({
    file: join(target, "pulumi-resource-aws"),
    arguments: ["--version"],
    env: {},
    directory,
  });
  expect(version.stdout.trim()).toBe(process.version);
  await other.stop();
  await other.stop();
  expect(existsSync(directory)).toBe(false);
  await expect(fetch(env.AWS_ENDPOINT_URL ?? "")).rejects.toThrow();
});

test("when its process is killed, no process and no file of the cloud remains", async () => {
  const module = join(import.meta.dirname, "../../../../local/cloud/cloud.ts");
  const script = `import { startCloud } from "${module}"; const cloud = await startCloud({ engine: false }); console.log(cloud.directory);`;
  const parent = spawn(
    process.execPath,
    ["--input-type=module-typescript", "-e", script],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  parent.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const directory = await eventually(() => /^(\/.+)\n/.exec(output)?.[1]);
  const members = await processesIn(directory);
  expect(members.length).toBeGreaterThan(0);
  parent.kill("SIGKILL");
  await gone(members);
  await eventually(() => !existsSync(directory));
});

/** Processes that work in a directory, by the arguments and working directories that /proc or ps shows. */
async function processesIn(directory: string): Promise<number[]> {
  const { stdout } = await runCommand({
    file: "/bin/sh",
    arguments: [
      "-c",
      `ps -eo pid=,args= | grep -F "guard.sh ${directory}" | grep -v grep`,
    ],
    env: { PATH: process.env.PATH ?? "" },
    directory: "/",
  });
  const groups = stdout
    .trim()
    .split("\n")
    .map((line) => Number(line.trim().split(" ")[0]));
  const { stdout: all } = await runCommand({
    file: "ps",
    arguments: ["-eo", "pid=,pgid="],
    env: { PATH: process.env.PATH ?? "" },
    directory: "/",
  });
  return all
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, group]) => groups.includes(group ?? 0))
    .map(([pid]) => pid ?? 0);
}
