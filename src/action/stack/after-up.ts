import type { OutputMap } from "@pulumi/pulumi/automation";
import * as z from "zod";
import type { Aws } from "../../deploy/aws.ts";
import {
  flushAuthorizerCache,
  readCodeHash,
} from "../../deploy/deployed-gate.ts";
import { functionName, sha256, tableName } from "../../deploy/names.ts";
import type { CodeTriggers } from "../../deploy/program/parameters.ts";
import { syncTokens } from "../../deploy/tokens/token-table.ts";
import { GateFailure } from "../../gate/failure.ts";
import type { Gate } from "../../gate/gate.ts";
import type { Execution } from "../describe.ts";
import type { Host } from "../host.ts";

export interface Made {
  readonly gate: Gate;
  readonly name: string;
  readonly outputs: OutputMap;
  readonly changed: boolean;
  readonly failure: GateFailure | undefined;
}

export type AfterUp = Pick<Execution, "tokens" | "failure">;

/** Never throws for what the user can do something about: the gate is there, and that must be reported. */
export async function finishUp(
  aws: Aws,
  made: Made,
  host: Host,
): Promise<AfterUp> {
  const { auth } = made.gate;
  const isStored = auth.mode === "built-in" && auth.store === "dynamodb";
  const finished: AfterUp =
    isStored && made.failure === undefined
      ? await host.phase("Tokens", () => putTokens(aws, made, host))
      : { tokens: undefined, failure: made.failure };
  const { failure, tokens } = finished;
  // A second up that changes nothing makes no call that does.
  const isRevoked =
    failure !== made.failure ||
    (tokens !== undefined && tokens.put + tokens.removed > 0);
  if (auth.cacheTtl > 0 && (made.changed || isRevoked))
    await flush(aws, made, host);
  return finished;
}

async function putTokens(
  aws: Aws,
  { gate, name }: Made,
  host: Host,
): Promise<AfterUp> {
  const table = tableName(name);
  const { createTokenCalls } =
    await import("../../deploy/tokens/token-calls.ts");
  const calls = createTokenCalls(aws, { region: gate.region, table });
  try {
    const tokens = await syncTokens(calls, gate);
    host.log(`${table}: ${tokens.put} put, ${tokens.removed} removed`);
    return { tokens, failure: undefined };
  } catch (error) {
    if (!(error instanceof GateFailure)) throw error;
    const message = `The gate is deployed, but its tokens are not all as the config file says: ${error.message}`;
    const failure = new GateFailure(error.reason, message, error.problems);
    return { tokens: undefined, failure };
  }
}

/** A narrowed or revoked access must not live on in API Gateway's cache. */
async function flush(
  aws: Aws,
  { gate, outputs }: Made,
  host: Host,
): Promise<void> {
  const apiId: unknown = outputs["apiId"]?.value;
  if (typeof apiId !== "string") return;
  if (await flushAuthorizerCache(aws, gate, apiId)) return;
  host.log(
    `The authorizer's cache could not be flushed (allow apigateway:DELETE on /restapis/${apiId}/stages/*/cache/*): a revoked token can still pass for ${gate.auth.cacheTtl} seconds`,
  );
}

interface Place {
  /** The stack's outputs: what the last `up` found that AWS had made of its code. */
  readonly before: OutputMap;
  readonly name: string;
  readonly region: string;
}

const functions = ["authorizer", "custom"] as const;

const texts = z.record(z.string(), z.string()).catch({});

/**
 * Has code put back that was replaced by hand: it would decide who passes, and neither the engine's refresh nor its next up would
 * touch it, since the program's code is what it was.
 * @param log gets a line for each function that has other code.
 * @returns what makes the engine update the code: another text once other code was found, the same ever after.
 */
export async function codeTriggers(
  aws: Aws,
  { before, name, region }: Place,
  log: (text: string) => void,
): Promise<CodeTriggers> {
  const hashes = texts.parse(before["codeHashes"]?.value);
  const triggers = texts.parse(before["codeTriggers"]?.value);
  const found = await Promise.all(
    functions.map(async (which) => {
      const trigger = triggers[which];
      const left = hashes[which];
      const physical = functionName(name, which);
      const live = left && (await readCodeHash(aws, region, physical));
      if (!live || live === left) return trigger && { [which]: trigger };
      log(
        `${physical} does not hold the code that the last up put there; it is put back`,
      );
      // The same foreign code may come a second time.
      return { [which]: sha256(`${trigger ?? ""} ${live}`) };
    }),
  );
  return Object.assign({}, ...found) as CodeTriggers;
}
