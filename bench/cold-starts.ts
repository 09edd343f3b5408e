// `npm run bench -- cold-starts`: how many calls meet a cold start of the authorizer, by a simulation with fixed random numbers: calls
// arrive at random (Poisson), each takes an idle instance, the one used last first, or starts a new one; an instance that is idle for long ends.

import type { Found } from "./figures.ts";

/** Milliseconds. */
const times = {
  /** A call of a warm authorizer, with Lambda's own share. */
  warm: 10,
  /** A cold start: Lambda makes the instance, Node starts, the settings are read. */
  cold: 400,
  /** How long Lambda keeps an idle instance; AWS does not say, users report 5 to 7 minutes. */
  idle: 300_000,
  /** The first minute is counted by itself. */
  first: 60_000,
  /** What is simulated, but at least 5,000 calls and at most two million. */
  all: 600_000,
};

/** New instances of one function: 1,000 every 10 seconds (Lambda developer guide, "scaling behavior"). */
const starts = { most: 1000, milliseconds: 10_000 };

interface Counts {
  calls: number;
  cold: number;
  /** Lambda may not start an instance yet: API Gateway answers 500. */
  refused: number;
}

interface Simulated {
  readonly first: Counts;
  readonly rest: Counts;
  /** The most instances at one time. */
  readonly instances: number;
}

/** Mulberry32, so that each run has the same figures. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** @param rate calls a second */
function simulate(rate: number): Simulated {
  const random = createRandom(1);
  const lasting = (calls: number) => (calls / rate) * 1000;
  const end = Math.min(Math.max(times.all, lasting(5000)), lasting(2_000_000));
  /** When each idle instance was last used, oldest first. */
  const idle: number[] = [];
  /** When each busy one ends, in no order but that of a heap. */
  const busy = new Heap();
  const first: Counts = { calls: 0, cold: 0, refused: 0 };
  const rest: Counts = { calls: 0, cold: 0, refused: 0 };
  let oldest = 0;
  let instances = 0;
  let startable: number = starts.most;
  for (let now = 0; ;) {
    const passed = (-Math.log(1 - random()) * 1000) / rate;
    now += passed;
    if (now > end) break;
    const more = (starts.most * passed) / starts.milliseconds;
    startable = Math.min(starts.most, startable + more);
    for (let done = busy.first; done !== undefined && done <= now;) {
      idle.push(done);
      busy.pop();
      done = busy.first;
    }
    while (oldest < idle.length && (idle[oldest] ?? 0) < now - times.idle)
      oldest += 1;
    const counts = now < times.first ? first : rest;
    counts.calls += 1;
    const isCold = idle.length <= oldest;
    if (isCold && startable < 1) {
      counts.refused += 1;
      continue;
    }
    if (isCold) {
      counts.cold += 1;
      startable -= 1;
    } else idle.pop();
    busy.push(now + (isCold ? times.cold : times.warm));
    instances = Math.max(instances, busy.size + idle.length - oldest);
  }
  return { first, rest, instances };
}

/** The smallest first. */
class Heap {
  readonly #all: number[] = [];

  get size(): number {
    return this.#all.length;
  }

  get first(): number | undefined {
    return this.#all[0];
  }

  push(value: number): void {
    const all = this.#all;
    let at = all.push(value) - 1;
    for (let up = (at - 1) >> 1; at > 0; up = (at - 1) >> 1) {
      const above = all[up] ?? 0;
      if (above <= value) break;
      all[at] = above;
      all[up] = value;
      at = up;
    }
  }

  pop(): void {
    const all = this.#all;
    const last = all.pop();
    if (last === undefined || all.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= all.length) break;
      const right = all[left + 1] ?? Infinity;
      const below = right < (all[left] ?? 0) ? left + 1 : left;
      const value = all[below] ?? 0;
      if (value >= last) break;
      all[at] = value;
      at = below;
    }
    all[at] = last;
  }
}

const percent = (part: number, calls: number): string =>
  calls === 0 ? "" : `${Number(((100 * part) / calls).toPrecision(2))} %`;

const column = [
  "calls a second",
  "cold in the first minute",
  "refused in it",
  "cold after that",
  "instances at most",
] as const;

/** One row a rate: the share of calls that meet a cold start or are refused, and how many instances there are. */
export function benchColdStarts(): Found {
  const rows = [0.002, 0.01, 0.1, 1, 10, 100, 1000, 10_000].map((rate) => {
    const { first, instances, rest } = simulate(rate);
    return [
      rate.toLocaleString("en-US"),
      percent(first.cold, first.calls),
      percent(first.refused, first.calls),
      percent(rest.cold, rest.calls),
      instances.toLocaleString("en-US"),
    ];
  });
  return { measures: [], table: [column, ...rows] };
}
