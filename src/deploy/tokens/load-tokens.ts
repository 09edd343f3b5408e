// Loads a file of tokens into the gate's table: first every line is checked, then all are written, 25 a call and some calls at once. How far it came is
// noted in the table, so that a run that was cut short goes on there; written twice, a line is what it was. A file that takes tokens
// away always begins anew: what others have put back since must not stay.
import { createHash } from "node:crypto";
import { GateFailure, type Problem } from "../../gate/failure.ts";
import {
  type LineContext,
  longestLine,
  readLine,
  SeenHashes,
} from "./token-lines.ts";
import type { Item, TokenChange, TokenCounts } from "./token-table.ts";

/** Calls on one table. All throw GateFailure. */
export interface BulkCalls {
  /** Consistently. @returns items by hash, without the missing ones. */
  readonly read: (
    hashes: readonly string[],
  ) => Promise<ReadonlyMap<string, Item>>;
  /** At most 25, each of another hash; repeated until all are done. */
  readonly write: (changes: readonly TokenChange[]) => Promise<void>;
}

export interface Load {
  /** Name for messages. */
  readonly file: string;
  /** The file from its beginning, each time it is called. */
  readonly open: () => AsyncIterable<Uint8Array>;
  readonly consumers: ReadonlySet<string>;
  readonly gateId: string;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

const perCall = 25;
const atOnce = 8;
/** Lines between two notes of how far it came. */
const noteEvery = 10_000;
/** The table's TTL sweeps the note of a file that is never loaded again. */
const keptSeconds = 30 * 24 * 60 * 60;
const mostFaults = 100;
const logEvery = 10_000;

/** @throws GateFailure `invalid-input` with the first lines that cannot be used, before anything is written. */
export async function loadTokens(
  calls: BulkCalls,
  load: Load,
): Promise<TokenCounts> {
  const context = {
    consumers: load.consumers,
    managed: await readManaged(calls, load),
  };
  const checked = await checkFile(context, load);
  load.log(`${load.file}: ${checked.lines} lines, all usable`);
  const sender = createSender(calls);
  try {
    return await writeFile(calls, context, { ...load, ...checked, sender });
  } finally {
    // Of a file that cannot be read to its end, what is under way is written.
    await sender.settle();
  }
}

async function readManaged(
  { read }: BulkCalls,
  { gateId }: Load,
): Promise<ReadonlySet<string>> {
  const keys = Array.from({ length: 16 }, (_, digit) => digit.toString(16));
  const items = await read(keys.map((digit) => `managed#${digit}`));
  const hashes = new Set<string>();
  for (const { gate, hashes: own } of items.values()) {
    if (gate !== gateId)
      throw new GateFailure(
        "invalid-input",
        "the table's tokens are those of another gate: check `stack` and `region`",
      );
    if (own instanceof Set) for (const hash of own) hashes.add(String(hash));
  }
  return hashes;
}

interface Checked {
  /** Of the whole file, in hex. */
  readonly digest: string;
  readonly lines: number;
  /** A line removes a token, or leaves one that is not let in. */
  readonly takesAway: boolean;
}

async function checkFile(context: LineContext, load: Load): Promise<Checked> {
  const seen = new SeenHashes();
  const problems: Problem[] = [];
  const whole = createHash("sha256");
  let [faults, lines, last, takesAway] = [0, 0, load.now(), false];
  const refuse = (line: number, message: string) => {
    faults += 1;
    if (problems.length < mostFaults)
      problems.push({
        where: "tokens-file",
        message: `the line ${message}`,
        position: { file: load.file, line, column: 1 },
      });
  };
  for await (const { number, text } of linesOf(load.open(), whole)) {
    refuseCancelled(load.signal);
    const read = readLine(text, context);
    if (read === undefined) continue;
    lines += 1;
    if ("fault" in read) refuse(number, read.fault);
    else {
      takesAway ||= isTaken(read, load.now());
      const before = seen.add(hashOf(read), number);
      if (before !== undefined)
        refuse(number, `has the hash of line ${before}: keep one of the two`);
    }
    if (load.now() - last < logEvery) continue;
    last = load.now();
    load.log(`${lines} lines checked`);
  }
  const more = faults - problems.length;
  if (lines === 0)
    refuse(1, "is the end of a file without tokens: check its name");
  if (more > 0)
    problems.push({
      where: "tokens-file",
      message: `And ${more} more lines: correct those above first`,
    });
  if (problems.length > 0)
    throw new GateFailure(
      "invalid-input",
      "the file of tokens cannot be loaded, and nothing of it was",
      problems,
    );
  return { digest: whole.digest("hex"), lines, takesAway };
}

function isTaken(change: TokenChange, now: number): boolean {
  if (!("put" in change)) return true;
  const { disabled, expires } = change.put;
  return disabled === true || Number(expires ?? Infinity) * 1000 <= now;
}

interface Write extends Load, Checked {
  readonly sender: ReturnType<typeof createSender>;
}

async function writeFile(
  calls: BulkCalls,
  context: LineContext,
  load: Write,
): Promise<TokenCounts> {
  const key = `load#${load.digest}`;
  const { sender, takesAway } = load;
  const from = takesAway ? 0 : await readNote(calls, key);
  if (from > 0)
    load.log(
      `Going on after ${from} of ${load.lines} lines, which an earlier run wrote`,
    );
  const whole = createHash("sha256");
  let [batch, at, noted, last] = [[] as TokenChange[], 0, from, load.now()];
  const settle = async () => {
    const failure = await sender.settle();
    if (failure !== undefined) throw cutShort(failure, noted, load);
  };
  const note = async (lines: number) => {
    if (takesAway) return;
    const expires = Math.floor(load.now() / 1000) + keptSeconds;
    await calls.write([{ put: { hash: key, lines, expires } }]);
    noted = lines;
  };
  for await (const { text } of linesOf(load.open(), whole)) {
    const read = readLine(text, context);
    if (read === undefined) continue;
    // It was usable a moment ago.
    if ("fault" in read) throw changed(load.file);
    at += 1;
    if (at <= from) continue;
    batch.push(read);
    if (batch.length === perCall) {
      await sender.send(batch);
      batch = [];
    }
    if (sender.hasFailed()) await settle();
    if (load.signal.aborted) {
      await settle();
      await note(at - batch.length);
      throw cutShort(undefined, noted, load);
    }
    if (!takesAway && at - noted >= noteEvery && batch.length === 0) {
      await settle();
      await note(at);
    }
    if (load.now() - last < logEvery) continue;
    last = load.now();
    load.log(`${at} of ${load.lines} lines written`);
  }
  if (batch.length > 0) await sender.send(batch);
  await settle();
  if (whole.digest("hex") !== load.digest) throw changed(load.file);
  if (from > 0 || noted > 0) await calls.write([{ delete: key }]);
  return sender.total;
}

/** Some calls at once; the first that fails is kept. */
function createSender(calls: BulkCalls) {
  const total = { put: 0, removed: 0 };
  const pending = new Set<Promise<void>>();
  let failure: unknown;
  const send = async (changes: readonly TokenChange[]) => {
    const sending = calls
      .write(changes)
      .then(() => {
        const puts = changes.filter((change) => "put" in change).length;
        total.put += puts;
        total.removed += changes.length - puts;
      })
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => pending.delete(sending));
    pending.add(sending);
    if (pending.size >= atOnce) await Promise.race(pending);
  };
  return {
    total,
    send,
    hasFailed: () => failure !== undefined,
    settle: async () => {
      await Promise.all(pending);
      return failure;
    },
  };
}

async function readNote({ read }: BulkCalls, key: string): Promise<number> {
  const lines = (await read([key])).get(key)?.["lines"];
  return typeof lines === "number" && Number.isInteger(lines) ? lines : 0;
}

const hashOf = (change: TokenChange): string =>
  "put" in change ? change.put.hash : change.delete;

function refuseCancelled(signal: AbortSignal): void {
  if (signal.aborted)
    throw new GateFailure(
      "cancelled",
      "The run was cancelled before a token was written",
    );
}

function cutShort(cause: unknown, noted: number, { lines }: Write): unknown {
  const next =
    noted === 0
      ? "the next run of this file begins anew"
      : `the next run of this file goes on after ${noted} of its ${lines} lines`;
  if (cause === undefined)
    return new GateFailure("cancelled", `The run was cancelled: ${next}`);
  return cause instanceof GateFailure
    ? new GateFailure(cause.reason, `${cause.message}; ${next}`)
    : cause;
}

const changed = (file: string): GateFailure =>
  new GateFailure(
    "invalid-input",
    `${file} was changed while it was read: run this again once nothing writes to it`,
  );

interface TextLine {
  readonly number: number;
  readonly text: string;
}

/** As node:readline, but a line without an end does not fill the memory. @param whole takes every byte. */
async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  whole: { update: (chunk: Uint8Array) => unknown },
): AsyncGenerator<TextLine> {
  const decoder = new TextDecoder();
  let [number, rest] = [0, ""];
  for await (const chunk of chunks) {
    whole.update(chunk);
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const text of parts) yield { number: ++number, text };
    // What is cut off does not make it usable.
    if (rest.length > 2 * longestLine) rest = rest.slice(0, longestLine + 1);
  }
  rest += decoder.decode();
  if (rest !== "") yield { number: ++number, text: rest };
}
