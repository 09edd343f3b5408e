// What the proof makes of a domain: it answers as this gate, as something else, or not at all.
import type { Gate } from "../../../src/gate/gate.ts";
import type { Answer, Ask } from "../../../src/proof/check.ts";
import { proveDomain, unreachable } from "../../../src/proof/domain.ts";
import { gate } from "../../fixtures/program-run.ts";

const url = "https://ai.example.com/ai";
const record = "lead ai.example.com to d-1.example.net";
const answer = (status: number, gateError?: string): Answer => ({
  ...{ status, chunked: false, pieces: 1, allows: {} },
  ...(gateError !== undefined && { gateError }),
});
const refusal = (code: string) => Object.assign(new Error("x"), { code });

/** @param answers in order; the last one stays */
async function proveWith(
  answers: readonly (Answer | Error)[],
  routes: Gate["routes"] = gate.routes,
) {
  const asked: Parameters<Ask>[0][] = [];
  const pauses: number[] = [];
  const result = await proveDomain({ routes }, url, {
    record,
    ask: (call) => {
      const next = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(call);
      return next instanceof Error
        ? Promise.reject(next)
        : Promise.resolve(next!);
    },
    sleep: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
  });
  return { asked, pauses, result };
}

test("an answer of this gate passes at once, to a call without a credential", async () => {
  const { asked, pauses, result } = await proveWith([
    answer(401, "UNAUTHORIZED"),
  ]);
  expect(asked).toEqual([{ method: "POST", path: "/chat", headers: {} }]);
  expect(pauses).toEqual([]);
  expect(result).toEqual({
    id: "domain",
    title: `POST /chat at ${url}`,
    expected: "an answer of this gate",
    shows: "callers reach the gate by its domain",
    sentence:
      "`POST /chat` without a credential, at the domain, must bring an answer of this gate: callers reach it by its domain",
    actual: "401 UNAUTHORIZED",
    status: "passed",
    attempts: 1,
    message: "",
  });
});

test.each<[string, readonly (Answer | Error)[], string, string]>([
  [
    "no such name",
    [refusal("ENOTFOUND")],
    "no answer (ENOTFOUND)",
    `DNS does not lead here yet: ${record}`,
  ],
  [
    "a site that answers everybody",
    [answer(200)],
    "200",
    `Something else than this gate answers there: ${record}`,
  ],
  [
    "a 401 without this gate's marker, as of another gate",
    [answer(401)],
    "401",
    `Something else than this gate answers there: ${record}`,
  ],
])(
  "%s is a warning that says what to do",
  async (_, answers, actual, words) => {
    const { asked, pauses, result } = await proveWith(answers);
    expect(result).toMatchObject({
      status: "warning",
      attempts: 3,
      actual,
      message: words,
    });
    expect(asked).toHaveLength(3);
    expect(pauses).toHaveLength(2);
  },
);

test("a domain that just comes up is asked again", async () => {
  const { result } = await proveWith([
    refusal("ECONNRESET"),
    answer(403),
    answer(401, "UNAUTHORIZED"),
  ]);
  expect(result).toMatchObject({ status: "passed", attempts: 3 });
});

test("what a failed connection says goes nowhere", async () => {
  const error = new Error("http://user:secret@proxy.example");
  const { result } = await proveWith([error]);
  expect(JSON.stringify(result)).not.toContain("secret");
});

test("parameters of the first route are filled in", async () => {
  const [route] = gate.routes;
  const { asked } = await proveWith(
    [answer(401, "UNAUTHORIZED")],
    [{ ...route!, path: "/models/{name}/{proxy+}", methods: ["GET", "POST"] }],
  );
  expect(asked[0]?.method).toBe("GET");
  expect(asked[0]?.path).toMatch(/^\/models\/[^{}/]+\/[^{}]+$/);
});

test("a gate that cannot be asked says why and what to do", () => {
  expect(unreachable("ai.example.com", record)).toMatchObject({
    status: "not-made",
    attempts: 0,
    message: `Nothing was proved: the default endpoint is off, and ${record}; then run \`up\` again`,
  });
});
