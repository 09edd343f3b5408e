import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  startMinistack,
  type Ministack,
} from "../../../../local/ministack/ministack.ts";
import { silentProgress } from "../../../../local/system/progress.ts";
import { isRunning } from "../../../fixtures/eventually.ts";
import { zip } from "../../../fixtures/zip.ts";

const nodeHandler = `
export const handler = async (event) => {
  const secret = event.ask ? await (await fetch(process.env.AWS_ENDPOINT_URL + "/" + event.ask)).text() : null;
  return { version: process.version, names: Object.keys(process.env), secret, endpoint: process.env.AWS_ENDPOINT_URL, pid: process.pid };
};`;

const pythonHandler = `
import os, sys, urllib.request, boto3
def handler(event, context):
    return {"version": sys.version, "names": list(os.environ), "boto3": boto3.__version__, "endpoint": os.environ["AWS_ENDPOINT_URL"],
            "answer": urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/ask").read().decode(), "pid": os.getpid()}
`;

interface Answer {
  version: string;
  names: string[];
  secret?: string;
  endpoint: string;
  boto3?: string;
  answer?: string;
  pid: number;
}

describe("functions on ministack", () => {
  let front: Server;
  let ministack: Ministack;
  let endpoint = "";

  beforeAll(async () => {
    process.env.AI_GATE_TEST_CANARY = "must not leak";
    front = createServer((request, response) =>
      response.end(`front saw ${request.url ?? ""}`),
    );
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
    ministack = await startMinistack({
      progress: silentProgress,
      functionEndpoint: endpoint,
    });
    await create("node", "nodejs24.x", "index.handler", {
      "index.mjs": nodeHandler,
    });
    await create("python", "python3.13", "authorizer.handler", {
      "authorizer.py": pythonHandler,
    });
  }, 300_000);

  afterAll(async () => {
    delete process.env.AI_GATE_TEST_CANARY;
    await ministack.stop();
    await new Promise((resolve) => front.close(resolve));
  });

  async function create(
    name: string,
    runtime: string,
    handler: string,
    files: Record<string, string>,
  ): Promise<void> {
    const response = await fetch(`${ministack.url}/2015-03-31/functions`, {
      method: "POST",
      body: JSON.stringify({
        FunctionName: name,
        Runtime: runtime,
        Handler: handler,
        Role: "arn:aws:iam::000000000000:role/any",
        Code: { ZipFile: zip(files).toString("base64") },
        Timeout: 20,
        Environment: { Variables: { GIVEN: "yes" } },
      }),
    });
    expect([response.status, await response.text()]).toEqual([
      201,
      expect.any(String),
    ]);
  }

  async function invoke(name: string, event: object): Promise<Answer> {
    const response = await fetch(
      `${ministack.url}/2015-03-31/functions/${name}/invocations`,
      {
        method: "POST",
        body: JSON.stringify(event),
      },
    );
    return (await response.json()) as Answer;
  }

  test("a Node function of ES modules runs on Node 24 and reaches the given endpoint", async () => {
    const answer = await invoke("node", { ask: "secret" });
    expect(answer).toMatchObject({ endpoint, secret: "front saw /secret" });
    expect(answer.version).toBe(process.version);
  });

  test("a Python function runs with boto3 and reaches the given endpoint", async () => {
    const answer = await invoke("python", {});
    expect(answer).toMatchObject({ endpoint, answer: "front saw /ask" });
    expect(answer.version).toMatch(/^3\.1\d/);
    expect(answer.boto3).toMatch(/^1\./);
  });

  test.each(["node", "python"])(
    "%s: nothing of this machine's environment is seen",
    async (name) => {
      const { names } = await invoke(name, {});
      const known =
        /^(PATH|HOME|TMPDIR|LANG|LC_CTYPE|PWD|OLDPWD|SHLVL|_|GIVEN|TZ|AI_GATE_RUN|AWS_.+|_?LAMBDA_.+|GATEWAY_PORT|BIND_HOST|DOCKER_HOST|LOG_LEVEL|MINISTACK_.+|_MINISTACK_.+|_X_AMZN_TRACE_ID|_HANDLER)$/;
      expect(names).toContain("GIVEN");
      expect(names.filter((variable) => !known.test(variable))).toEqual([]);
    },
  );

  test("the end of ministack is the end of its function processes", async () => {
    const { pid } = await invoke("node", {});
    expect(await isRunning(pid)).toBe(true);
    expect(await isRunning(ministack.pid)).toBe(true);
    await ministack.stop();
    expect(await isRunning(pid)).toBe(false);
    expect(await isRunning(ministack.pid)).toBe(false);
  });
});
