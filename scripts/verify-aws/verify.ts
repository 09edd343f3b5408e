// Makes what is asked, puts every question, says what AWS did, and removes everything.
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { type AccountOptions, openAccount } from "./account.ts";
import { makeEcho } from "./echo.ts";
import { deployGate } from "./gate.ts";
import { type Asked, probes } from "./probes.ts";
import { type Question, type QuestionId, questions } from "./questions.ts";
import { collectRemovals, type Scratch } from "./scratch.ts";

export interface VerifyOptions {
  readonly account: AccountOptions;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
  /** Ends the work early; what was made is removed all the same. */
  readonly signal?: AbortSignal;
}

/** @returns what could not be removed */
export async function withGate(
  { account, environment, log, signal }: VerifyOptions,
  work: (asked: Asked) => Promise<void>,
): Promise<string[]> {
  const removals = collectRemovals(log);
  const scratch: Scratch = {
    account: openAccount(account),
    prefix: `ai-gate-verify-${randomBytes(3).toString("hex")}`,
    remove: removals.add,
  };
  let child: ChildProcess | undefined;
  signal?.addEventListener("abort", () => child?.kill("SIGINT"));
  const ended = new Promise<never>((_resolve, reject) =>
    signal?.addEventListener("abort", () => reject(new Error("interrupted"))),
  );
  ended.catch(() => undefined);
  const all = async (): Promise<void> => {
    log(`making ${scratch.prefix} in ${account.region}`);
    const echo = await makeEcho(scratch);
    signal?.throwIfAborted();
    const gate = await deployGate(scratch, echo, {
      environment,
      started: (one) => void (child = one),
    });
    signal?.throwIfAborted();
    await work({ scratch, echo, gate });
  };
  let left: string[] = [];
  try {
    await Promise.race([all(), ended]);
  } finally {
    left = await removals.run();
    for (const one of left) log(`left, remove by hand: ${one}`);
  }
  return left;
}

export interface Finding {
  readonly id: QuestionId;
  /** What AWS did; undefined when it could not be told. */
  readonly answer: string | undefined;
  readonly problem?: string;
}

export async function put(id: QuestionId, asked: Asked): Promise<Finding> {
  try {
    return { id, answer: await probes[id](asked) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { id, answer: undefined, problem };
  }
}

export const questionIds = Object.keys(questions) as QuestionId[];

/** The row of the table for an answer; one with a number stands for every number. */
export function consequence(
  { answers }: Question,
  answer: string,
): string | undefined {
  const plain = (text: string): string => text.replace(/\d+.*$/, "#");
  const [, found] =
    Object.entries(answers).find(([one]) => one === answer) ??
    Object.entries(answers).find(
      ([one]) => one.startsWith("after") && plain(one) === plain(answer),
    ) ??
    [];
  return found;
}

export function report({ answer, id, problem }: Finding): string {
  const question = questions[id];
  const said = answer ?? `could not be told: ${problem ?? ""}`;
  const then =
    answer === undefined
      ? undefined
      : (consequence(question, answer) ??
        "not among the answers that docs/aws-open-questions.md knows: please report it");
  return [
    question.title,
    `  AWS: ${said}`,
    ...(then === undefined ? [] : [`  The gate: ${then}`]),
  ].join("\n");
}
