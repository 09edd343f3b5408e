// What a command works on, and what the GitHub side lends it. Types only.
import type { HeldLock } from "../cloud/lock.ts";
import type { Gate } from "../gate/gate.ts";
import type { Command } from "./inputs/contract.ts";
import type { RetryOptions } from "./github/retry.ts";

/** What the GitHub side lends: its log, its masks and its wish to stop. */
export interface Host {
  readonly log: (text: string) => void;
  readonly mask: (secret: string) => void;
  /** Every value masked so far. */
  readonly masked: ReadonlySet<string>;
  /** Runs one phase as a foldable group of the log. */
  readonly phase: <T>(title: string, act: () => Promise<T>) => Promise<T>;
  readonly signal: AbortSignal;
  /** Notes for the post step which lock the engine holds; undefined when the operation has ended. */
  readonly mark: (held: HeldLock | undefined) => void;
  /** How patiently GitHub is asked. */
  readonly retry: RetryOptions;
  /** A directory for this run alone, which goes with it. */
  readonly scratch: string;
  /** The directory of the bundle, which holds `authorizer/index.mjs`. */
  readonly distribution: string;
}

/** A stack to work on; the gate only for the commands that need one (preview, up). */
export interface Target {
  readonly command: Command;
  readonly stack: string;
  readonly region: string;
  readonly gate: Gate | undefined;
  /** With `destroy`: the stack goes too, with its history. */
  readonly removeStack: boolean;
}
