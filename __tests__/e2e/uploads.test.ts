// The upload of docs/config.md, run as it stands there against a deployed gate: the upstream gets the file byte for byte.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import { putParameter } from "../../local/demo/seed.ts";
import { binaryTypes } from "../../src/gate/openapi/binary-types.ts";
import { throughProxy } from "../fixtures/client.ts";
import { runAction } from "../fixtures/runner.ts";

jest.setTimeout(180_000);

const token = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";
const page = path.join(import.meta.dirname, "../../docs/config.md");
const command =
  /## Uploads\n\n```sh\n(.*?)```/s.exec(readFileSync(page, "utf8"))?.[1] ?? "";
const file = randomBytes(200_000);

let cloud: Cloud;
let outputs: Readonly<Record<string, string>>;

beforeAll(async () => {
  cloud = await startCloud({ region: "eu-west-1" });
  await putParameter(cloud, "/ai/openai", "sk-upload-0123456789");
  const result = await runAction({
    inputs: {
      command: "up",
      stack: "prod",
      region: "eu-west-1",
      backend: `file://${cloud.directory}/state`,
      path: "openai/{proxy+}",
      upstream: "https://api.openai.com/v1",
      "upstream-secret": "ssm:/ai/openai",
      tokens: `team-a=${token}`,
    },
    environment: { ...cloud.env, RUNNER_TEMP: cloud.directory },
  });
  if (result.code !== 0) console.error(result.stdout);
  outputs = result.outputs;
});
afterAll(() => cloud.stop());

/** Runs the command, and returns the form that the upstream got. */
async function upload(): Promise<Buffer> {
  const cwd = path.join(cloud.directory, "upload");
  await mkdir(cwd, { recursive: true });
  await writeFile(path.join(cwd, "speech.wav"), file);
  cloud.upstream.clear();
  const { stdout } = await promisify(execFile)("sh", ["-ec", command], {
    cwd,
    env: {
      ...cloud.env,
      PATH: process.env["PATH"],
      TOKEN: token,
      INVOKE_URL: outputs["invoke-url"],
    },
  });
  expect(JSON.parse(stdout)).toEqual({ text: "Hello from the upstream." });
  const [request] = cloud.upstream.requests();
  if (!request) throw new Error("nothing arrived");
  expect(request.headers["content-length"]).toBe(String(request.bytes.length));
  return request.bytes;
}

test("the file arrives as it is", async () => {
  expect((await upload()).includes(file)).toBe(true);
});

test.each(["GET", "HEAD"])("%s /healthz answers any type", async (method) => {
  for (const type of ["text/plain", "multipart/form-data", "image/png"])
    expect(
      await throughProxy(cloud, {
        method,
        url: `${outputs["base-url"] ?? ""}/healthz`,
        headers: { "content-type": type },
      }),
    ).toMatchObject({
      status: 200,
      body: method === "GET" ? '{"status":"ok"}' : "",
    });
});

test("without the declaration it arrives broken", async () => {
  const control = (method: string, route: string, body: object) =>
    fetch(`${cloud.gateway.url}/restapis/${outputs["api-id"] ?? ""}${route}`, {
      method,
      headers: {
        authorization:
          "AWS4-HMAC-SHA256 Credential=local-access-key/20260101/eu-west-1/apigateway/aws4_request, SignedHeaders=host, Signature=x",
      },
      body: JSON.stringify(body),
    });
  const patchOperations = binaryTypes.map((type) => ({
    op: "remove",
    path: `/binaryMediaTypes/${type.replace("/", "~1")}`,
  }));
  expect((await control("PATCH", "", { patchOperations })).status).toBe(200);
  const stageName = outputs["stage-name"];
  expect((await control("POST", "/deployments", { stageName })).status).toBe(
    201,
  );
  const arrived = await upload();
  expect(arrived.includes(file)).toBe(false);
  expect(arrived.includes("\uFFFD")).toBe(true);
});
