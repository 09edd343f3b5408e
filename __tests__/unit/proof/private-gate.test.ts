import type { Answer } from "../../../src/proof/check.ts";
import { findUnreached } from "../../../src/proof/private-gate.ts";

const answer = (status: number, gateError?: string): Answer => ({
  status,
  allows: {},
  chunked: false,
  pieces: 1,
  ...(gateError !== undefined && { gateError }),
});
const noName = Object.assign(new Error("x"), { code: "ENOTFOUND" });
const refused = Object.assign(new Error("x"), { code: "ECONNREFUSED" });

/** The last answer stays. */
const reach = (...answers: (Answer | Error)[]) =>
  reachWithin(undefined, ...answers);

async function reachWithin(
  deadline: number | undefined,
  ...answers: (Answer | Error)[]
) {
  let time = 0;
  let at = 0;
  const result = await findUnreached(["vpce-0123456789abcdef0"], {
    ...(deadline !== undefined && { deadline }),
    ask: () => {
      const given = answers[Math.min(at++, answers.length - 1)];
      return given instanceof Error || given === undefined
        ? Promise.reject(given ?? new Error("none"))
        : Promise.resolve(given);
    },
    now: () => time,
    sleep: (milliseconds) => Promise.resolve(void (time += milliseconds)),
  });
  return { result, time };
}

test.each([
  ["its health", answer(200)],
  ["another answer, which the proof is to judge", answer(404)],
  ["a failure", answer(500)],
])("%s shows that the gate is reached", async (_, given) => {
  const { result, time } = await reach(given);
  expect([result, time]).toEqual([undefined, 0]);
});

test.each([
  ["API Gateway's own 403", answer(403), "403"],
  ["the policy's 403", answer(403, "ACCESS_DENIED"), "403 ACCESS_DENIED"],
  ["a name that is not there", noName, "no answer (ENOTFOUND)"],
  ["a closed port", refused, "no answer (ECONNREFUSED)"],
])("%s shows nothing, and is asked again", async (_, given, actual) => {
  const { result, time } = await reach(given);
  expect(result).toMatchObject({ status: "not-made", actual, attempts: 5 });
  expect(result?.message).toMatch(/^Nothing was proved: .* runner in its VPC/);
  expect(time).toBeLessThanOrEqual(20_000);
});

test.each([
  [1, 2, 1],
  [2, 2, 1],
  [7, 4, 7],
  [600, 5, 15],
])(
  "with a proof-timeout of %i it is asked %i times in %i seconds",
  async (deadline, attempts, seconds) => {
    const { result, time } = await reachWithin(deadline, answer(403));
    expect(result).toMatchObject({ status: "not-made", attempts });
    expect(time).toBe(seconds * 1000);
  },
);

test("a new gate may take some seconds", async () => {
  const { result } = await reach(noName, answer(403), answer(200));
  expect(result).toBeUndefined();
});
