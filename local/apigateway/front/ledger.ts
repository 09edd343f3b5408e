import type { LedgerCall } from "../model.ts";

/** Bytes of a request body that are kept. */
const keptBytes = 100_000;

export interface Ledger {
  readonly calls: readonly LedgerCall[];
  /** Notes a call at its arrival, with status 0 until it is finished. */
  begin(call: Omit<LedgerCall, "n" | "status" | "requestBody">): Entry;
  forget(): void;
}

export interface Entry {
  /** Adds a chunk of the request body. */
  body(chunk: Buffer): void;
  finish(status: number): void;
}

export function createLedger(): Ledger {
  const calls: {
    -readonly [Member in keyof LedgerCall]: LedgerCall[Member];
  }[] = [];
  return {
    calls,
    forget: () => void calls.splice(0),
    begin(call) {
      const noted = {
        ...call,
        n: calls.length + 1,
        status: 0,
        requestBody: "",
      };
      calls.push(noted);
      const chunks: Buffer[] = [];
      let kept = 0;
      return {
        body(chunk) {
          const part = chunk.subarray(0, keptBytes - kept);
          kept += part.length;
          if (part.length > 0) chunks.push(part);
        },
        finish(status) {
          noted.status = status;
          noted.requestBody = Buffer.concat(chunks).toString("utf8");
        },
      };
    },
  };
}

const reads =
  /^(Get|List|Describe|Head|BatchGet|Query|Scan|Lookup|Filter|Test|Search|Select|Simulate|Verify|Validate|AssumeRole|DecodeAuthorization|Decrypt|Invoke)/;

/** Whether an operation changes something, by its name; one without a known name by its HTTP method. */
export function writes(operation: string, method: string): boolean {
  const named = /^[A-Z][A-Za-z0-9]+$/.test(operation) && operation !== method;
  return named ? !reads.test(operation) : method !== "GET" && method !== "HEAD";
}
