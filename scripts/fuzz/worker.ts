// A process of `npm run fuzz`: tries the cases of a range, and says of each that it begins and how it went, so that a case that hangs or takes
// the process with it is known.
import fc from "fast-check";
import {
  type Case,
  check,
  kinds,
} from "../../__tests__/fixtures/fuzz-cases.ts";

/** Which case: the same one for the same seed. */
export const caseOf = (seed: number): { kind: string; one: Case } => {
  const names = Object.keys(kinds);
  const kind = names[seed % names.length] ?? "";
  const arbitrary = kinds[kind];
  const [one] = arbitrary ? fc.sample(arbitrary, { seed, numRuns: 1 }) : [];
  if (one === undefined) throw new Error("no case");
  return { kind, one };
};

/** Milliseconds and megabytes of the process that any one case may take. */
export const bounds = { time: 2000, memory: 300 };

export type Said =
  | { readonly begun: number }
  | { readonly seed: number; readonly fault: string }
  | {
      readonly upTo: number;
      readonly gates: number;
      readonly slowest: number;
      readonly memory: number;
    };

function run(from: number, to: number): void {
  const say = (said: Said) => process.send?.(said);
  const sum = { gates: 0, slowest: 0 };
  for (let seed = from; seed < to; seed++) {
    const { one } = caseOf(seed);
    say({ begun: seed });
    // Of this process: others on the machine must not count.
    const before = process.cpuUsage();
    try {
      if (check(one) === "gate") sum.gates += 1;
    } catch (error) {
      const fault =
        error instanceof Error ? (error.stack ?? error.message) : String(error);
      say({ seed, fault });
    }
    const { system, user } = process.cpuUsage(before);
    const time = (system + user) / 1000;
    sum.slowest = Math.max(sum.slowest, time);
    if (time > bounds.time) say({ seed, fault: `took ${Math.round(time)} ms` });
  }
  const memory = process.resourceUsage().maxRSS / 1000;
  say({ upTo: to, ...sum, memory });
  process.disconnect();
}

if (process.send) run(Number(process.argv[2]), Number(process.argv[3]));
