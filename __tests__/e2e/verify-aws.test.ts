// `npm run verify:aws` in the local cloud: what it says of the cloud as it is, and of one that is twisted in each of the ways
// of its table, where the answer must change; and that it leaves nothing, also when it is interrupted.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import path from "node:path";
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import {
  questions,
  type QuestionId,
} from "../../scripts/verify-aws/questions.ts";
import type { Asked } from "../../scripts/verify-aws/probes.ts";
import {
  consequence,
  put,
  questionIds,
  report,
  withGate,
} from "../../scripts/verify-aws/verify.ts";

jest.setTimeout(300_000);

const region = "eu-west-1";
let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({ region });
});
afterAll(() => cloud.stop());

/** What is there, by service; the local cloud has nothing of its own. */
function left() {
  const { apis, apiKeys, usagePlans } = cloud.gateway.store;
  const open = new Map<string, number>();
  const count = (name: string, by: number): void =>
    void open.set(name, (open.get(name) ?? 0) + by);
  for (const { operation, status } of cloud.gateway.ledger) {
    const [, verb, thing = ""] =
      /^(Create|Delete)(Function|Role|RolePolicy|Bucket|LogGroup)$/.exec(
        operation,
      ) ?? [];
    if (verb === undefined || status >= 300) continue;
    count(thing, verb === "Create" ? 1 : -1);
  }
  open.delete("RolePolicy");
  return {
    apis: apis.size,
    keys: apiKeys.size,
    plans: usagePlans.size,
    ...Object.fromEntries(open),
  };
}
const nothing = { apis: 0, keys: 0, plans: 0, Function: 0, Role: 0 };

describe("asked in the local cloud", () => {
  let asked: Asked;
  let end: () => void;
  let ended: Promise<string[]>;

  beforeAll(async () => {
    const { env } = cloud;
    await new Promise<void>((resolve, reject) => {
      ended = withGate(
        {
          account: {
            region,
            endpoint: env["AWS_ENDPOINT_URL"]!,
            credentials: {
              accessKeyId: env["AWS_ACCESS_KEY_ID"]!,
              secretAccessKey: env["AWS_SECRET_ACCESS_KEY"]!,
            },
            agent: new Agent({
              proxyEnv: { HTTPS_PROXY: env["HTTPS_PROXY"]! },
              ca: readFileSync(env["NODE_EXTRA_CA_CERTS"]!),
            }),
          },
          environment: env,
          log: () => undefined,
        },
        async (given) => {
          asked = given;
          const done = new Promise<void>((finish) => (end = finish));
          resolve();
          await done;
        },
      );
      ended.catch(reject);
    });
  });

  test.each(questionIds)("%s has an answer of the table", async (id) => {
    const finding = await put(id, asked);
    expect(finding).toMatchObject({ answer: expect.any(String) });
    expect(consequence(questions[id], finding.answer!)).toBeDefined();
    expect(report(finding)).toContain(`AWS: ${finding.answer!}`);
  });

  const twists = questionIds.flatMap((id) =>
    questions[id].played.map((twist) => [id, twist.says, twist] as const),
  );

  test.each(twists)(
    "%s: a twisted cloud is noticed (%s)",
    async (id, says, twist) => {
      const before = await put(id, asked);
      cloud.play(twist.readings ?? {});
      for (const fault of twist.faults ?? []) cloud.gateway.failNext(fault);
      const finding = await put(id, asked);
      cloud.play({});
      expect(finding.problem).toBeUndefined();
      expect(finding.answer).not.toBe(before.answer);
      expect(consequence(questions[id], finding.answer!)).toBe(
        questions[id].answers[says],
      );
      expect(report(finding)).not.toBe(report(before));
    },
  );

  test("nothing is left", async () => {
    end();
    expect(await ended).toEqual([]);
    expect(left()).toMatchObject(nothing);
  });
});

describe("the command", () => {
  function run(
    started: (child: ReturnType<typeof spawn>) => void = () => undefined,
  ) {
    const child = spawn(
      process.execPath,
      [path.join(__dirname, "../../scripts/verify-aws.ts")],
      {
        env: { ...cloud.env, PATH: process.env["PATH"] },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const text = { stdout: "", stderr: "" };
    child.stdout.on(
      "data",
      (piece: Buffer) => (text.stdout += piece.toString()),
    );
    child.stderr.on(
      "data",
      (piece: Buffer) => (text.stderr += piece.toString()),
    );
    started(child);
    return new Promise<typeof text & { code: number | null }>((resolve) =>
      child.on("close", (code) => resolve({ ...text, code })),
    );
  }

  test("interrupted while the gate is deployed: everything is removed", async () => {
    const before = cloud.gateway.ledger.length;
    const made = (): boolean =>
      cloud.gateway.ledger
        .slice(before)
        // The echo's API, then the gate's.
        .filter(({ operation }) => operation === "PutRestApi").length === 2;
    const { code, stdout } = await run((child) => {
      const timer = setInterval(() => {
        if (!made()) return;
        clearInterval(timer);
        child.kill("SIGINT");
      }, 50);
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(left()).toMatchObject(nothing);
  });

  test("says what AWS did about every question", async () => {
    const { code, stderr, stdout } = await run();
    expect({ code, left: /left, remove.*/.exec(stderr) }).toEqual({
      code: 0,
      left: null,
    });
    for (const id of questionIds satisfies QuestionId[])
      expect(stdout).toContain(questions[id].title);
    expect(stdout.match(/^ {2}AWS: /gm)).toHaveLength(questionIds.length);
    expect(left()).toMatchObject(nothing);
  });
});
