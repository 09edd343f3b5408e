// What is known of a stack before a command is run on it, and after. Types only.
import type { OutputMap } from "@pulumi/pulumi/automation";
import type { Gate } from "../../gate/gate.ts";
import type { EngineReport } from "../../report/changes.ts";
import type { Contents } from "./contents.ts";
import type { ProofKey } from "./proof-key.ts";
import type { Settled } from "./settle.ts";

/** What is known before anything is run. */
export interface Known {
  /** Outputs of the stack; empty when there is no stack. */
  readonly before: OutputMap;
  readonly proofKey: ProofKey | undefined;
  /** The gate as it is to be deployed, with what had to be looked up first. */
  readonly gate: Gate | undefined;
  /** Digests of what would be deployed, see `digestContents`; undefined for a command that describes no gate. */
  readonly contents: Contents | undefined;
}

export interface Execution extends Known, Settled {
  /** Outputs of the stack afterwards. */
  readonly after: OutputMap;
  readonly report: EngineReport;
  /** See `planText`; undefined for a command that has none, and when the engine failed. */
  readonly plan?: string | undefined;
}
