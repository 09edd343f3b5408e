// Whether the domain's DNS leads callers to this gate. The record is the user's: that it is not there yet is no fault of the gate.
import { connectionFault } from "../gate/failure.ts";
import type { Gate, HttpMethod } from "../gate/gate.ts";
import { samplePath } from "./calls.ts";
import type { Answer, Ask, CheckResult } from "./check.ts";
import { pauseAfter } from "./proof.ts";

export interface DomainTools {
  /** Asks at the domain itself. */
  readonly ask: Ask;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** What the record has to be, as a clause. */
  readonly record: string;
}

const attemptsAtMost = 3;

/** @returns passed where this gate answers there, else a warning that says what to do */
export async function proveDomain(
  gate: Pick<Gate, "routes">,
  url: string,
  { ask, record, sleep }: DomainTools,
): Promise<CheckResult> {
  const { method, path } = callOf(gate);
  const known = {
    id: "domain",
    title: `${method} ${path} at ${url}`,
    expected: "an answer of this gate",
    shows: "callers reach the gate by its domain",
    sentence: `\`${method} ${path}\` without a credential, at the domain, must bring an answer of this gate: callers reach it by its domain`,
  };
  for (let attempts = 1; ; attempts++) {
    const answer = await ask({ method, path, headers: {} }).catch(
      (error: unknown) => connectionFault(error),
    );
    const actual = wordAnswer(answer);
    const result = { ...known, actual, attempts };
    if (typeof answer !== "string" && answer.gateError !== undefined)
      return { ...result, status: "passed", message: "" };
    if (attempts === attemptsAtMost)
      return {
        ...result,
        status: "warning",
        message: `${
          typeof answer === "string"
            ? "DNS does not lead here yet"
            : "Something else than this gate answers there"
        }: ${record}`,
      };
    await sleep(pauseAfter(attempts));
  }
}

/** A call that the gate itself refuses, with its marker. */
function callOf({ routes }: Pick<Gate, "routes">): {
  readonly method: HttpMethod;
  readonly path: string;
} {
  const [route] = routes;
  const [method = "GET"] = route?.methods ?? [];
  return { method, path: samplePath(route?.path ?? "/") };
}

const wordAnswer = (answer: Answer | string): string =>
  typeof answer === "string"
    ? `no answer (${answer})`
    : [answer.status, answer.gateError].join(" ").trim();

/** The one check of a gate that cannot be asked at all, in place of all others. */
export const unreachable = (name: string, record: string): CheckResult => ({
  id: "proof",
  title: `checks of the gate at ${name}`,
  expected: "an answer of this gate",
  shows: "the gate is closed",
  sentence: `The gate answers at ${name} only, and DNS does not lead there`,
  actual: "",
  status: "not-made",
  attempts: 0,
  message: `Nothing was proved: the default endpoint is off, and ${record}; then run \`up\` again`,
});
