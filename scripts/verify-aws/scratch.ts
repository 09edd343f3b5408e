// What is made in the account on the way, and its removal in the reverse order, whatever happened.
import type { Account } from "./account.ts";

export interface Scratch {
  readonly account: Account;
  /** Of everything that is made here: `ai-gate-verify-…`. */
  readonly prefix: string;
  /** Says how to remove what is made next; called before it is made, so that a half-made thing goes too. */
  readonly remove: (what: string, remove: () => Promise<unknown>) => void;
}

export interface Removals {
  readonly add: Scratch["remove"];
  /** Everything so far; @returns what could not be removed. */
  readonly run: () => Promise<string[]>;
}

export function collectRemovals(log: (line: string) => void): Removals {
  const waiting: { what: string; remove: () => Promise<unknown> }[] = [];
  return {
    add: (what, remove) => void waiting.push({ what, remove }),
    async run() {
      const left: string[] = [];
      for (let one = waiting.pop(); one; one = waiting.pop())
        try {
          log(`removing ${one.what}`);
          await one.remove();
        } catch (error) {
          if (!isGone(error)) left.push(`${one.what} (${String(error)})`);
        }
      return left;
    },
  };
}

const isGone = (error: unknown): boolean =>
  error instanceof Error &&
  /NotFound|NoSuch/.test(`${error.name} ${error.message}`);
