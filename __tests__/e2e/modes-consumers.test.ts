// Consumers that are switched off, that end, and that may call so much and no more.
import { outcomeOf } from "../fixtures/client.ts";
import {
  nameOf,
  type Rig,
  type Run,
  startRig,
} from "../fixtures/action-rig.ts";
import { callEvent, startWarm, type WarmFunction } from "../fixtures/warm.ts";

jest.setTimeout(120_000);

const token = (id: string) => `${id}.0123456789abcdefghijklmnopqrstuvwxyz`;
const ids = ["steady", "off", "ending", "slow", "few", "proved"] as const;
const variable = (id: string) => `${id.toUpperCase()}_TOKEN`;
const day = (offset: number) =>
  new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

const config = (extra: Partial<Record<(typeof ids)[number], string>>) => `
upstreams:
  plain: { url: https://upstream.example.com/score }
routes:
  - { path: /score, methods: [POST], upstream: plain }
  - { path: /other, methods: [POST], upstream: plain }
consumers:
${ids.map((id) => `  - { id: ${id}, token: { env: ${variable(id)} }${extra[id] ?? ""} }`).join("\n")}
plans:
  slow: { rate: 1, burst: 3 }
  few: { rate: 100, burst: 100, quota: { limit: 4, period: month } }
  proved: { rate: 1, burst: 1, quota: { limit: 1, period: day } }
`;
const full = {
  off: ", disabled: true",
  ending: `, expires: ${day(0)}`,
  slow: ", plan: slow",
  few: ", plan: few",
  proved: ", plan: proved",
};
const environment = Object.fromEntries(
  ids.map((id) => [variable(id), token(id)]),
);

let rig: Rig;
let gate: Run;

beforeAll(async () => {
  rig = await startRig();
  gate = await rig.up("consumers", {
    files: { "ai-gate.yml": config(full) },
    environment,
  });
});
afterAll(() => rig.cloud.stop());

const call = (id: (typeof ids)[number], path = "/score") =>
  rig.call(gate, path, token(id));
const statuses = async (id: (typeof ids)[number], times: number) => {
  const seen: number[] = [];
  for (let time = 0; time < times; time += 1)
    seen.push((await call(id)).status);
  return seen;
};

test("a plan that the proof itself uses up does not fail the proof", () => {
  const proof = JSON.parse(gate.outputs["proof"] ?? "[]") as {
    status: string;
  }[];
  expect(proof.filter(({ status }) => status === "failed")).toEqual([]);
});

test("a disabled consumer's token is as good as none", async () => {
  expect(outcomeOf(await call("off"))).toBe("401 UNAUTHORIZED");
});

describe("on its last day", () => {
  let warm: WarmFunction;
  beforeAll(() => {
    warm = startWarm(rig.cloud, `${nameOf("consumers")}-authorizer`);
  });
  afterAll(() => warm.stop());

  test("a consumer passes, and with the day it is over", async () => {
    expect((await call("ending")).status).toBe(200);
    const event = callEvent(gate, { path: "/score", token: token("ending") });
    expect((await warm.invoke(event)).error).toBeUndefined();
    warm.advance(86_400_000);
    expect((await warm.invoke(event)).error).toBe("Unauthorized");
  });
});

test("over its rate a consumer gets 429, as the gate's own answer; others do not notice", async () => {
  const seen = await statuses("slow", 8);
  expect(seen.slice(0, 1)).toEqual([200]);
  expect(seen).toContain(429);
  const refused = await call("slow");
  if (refused.status === 429) expect(outcomeOf(refused)).toBe("429 THROTTLED");
  expect(await statuses("steady", 8)).toEqual(Array(8).fill(200));
});

test("over its quota a consumer gets 429 until the period is over, and no other route helps", async () => {
  const seen = await statuses("few", 5);
  expect(seen.at(-1)).toBe(429);
  expect(seen.filter((status) => status === 200).length).toBeLessThanOrEqual(4);
  expect(outcomeOf(await call("few", "/other"))).toBe("429 QUOTA_EXCEEDED");
});

test("a key that a caller brings along counts for nothing", async () => {
  // The usage key of the unlimited plan is no secret, and no way round a plan either.
  const keys = [...rig.cloud.gateway.store.apiKeys.values()].map(
    ({ value }) => value,
  );
  expect(keys.length).toBeGreaterThan(1);
  for (const key of keys) {
    const answer = await fetchWithKey(key);
    expect(answer.status).toBe(429);
  }
});

const fetchWithKey = (key: string) =>
  rig.callWith(gate, "/score", {
    authorization: `Bearer ${token("few")}`,
    "x-api-key": key,
  });

test("a plan is taken away, another given, and the calls follow", async () => {
  gate = await rig.up("consumers", {
    inputs: { proof: "false" },
    files: {
      "ai-gate.yml": config({ ...full, few: ", plan: slow" }).replace(
        / {2}few: .*\n/,
        "",
      ),
    },
    environment,
  });
  expect((await call("few")).status).toBe(200);
  gate = await rig.up("consumers", {
    inputs: { proof: "false" },
    files: {
      "ai-gate.yml": config({ off: full.off }).replace(/plans:[^]*/, ""),
    },
    environment,
  });
  expect(await statuses("few", 8)).toEqual(Array(8).fill(200));
  expect(await statuses("slow", 8)).toEqual(Array(8).fill(200));
  expect(rig.cloud.gateway.store.apiKeys.size).toBe(0);
  expect(rig.cloud.gateway.store.usagePlans.size).toBe(0);
});

test("an expired consumer is refused before anything is deployed", async () => {
  const { annotations, code, writes } = await rig.run("up", "consumers", {
    files: {
      "ai-gate.yml": config({ ending: `, expires: ${day(-1)}` }).replace(
        /plans:[^]*/,
        "",
      ),
    },
    environment,
  });
  expect(code).toBe(1);
  expect(annotations.map(({ message }) => message).join("\n")).toContain(
    "is in the past",
  );
  expect(writes).toEqual([]);
});
