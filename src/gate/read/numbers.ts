// The shapes of numbers and lists that several keys of ai-gate.yml share. Pure.
import * as z from "zod";

export const quotaPeriods = ["day", "week", "month"] as const;

export function whole(lowest: number, highest: number, what: string) {
  const error = `must be a whole number of ${what} from ${lowest} to ${highest}`;
  return z.int({ error }).min(lowest, { error }).max(highest, { error });
}

export function nonEmpty<Item extends z.ZodType>(item: Item) {
  return z.array(item).min(1, { error: "must not be an empty list" });
}

const burstRange = "must be a whole number of requests from 1 to 10000";

/** @param scope whose requests they limit: `over the whole gate`. */
export function requestLimits(scope: string) {
  return {
    rate: z
      .number({ error: "must be a number of requests per second" })
      .positive({ error: "must be more than 0 requests per second" })
      .max(100000, { error: "must be at most 100000 requests per second" })
      .describe(`Requests per second, ${scope}`),
    burst: z
      .int({ error: burstRange })
      .min(1, { error: burstRange })
      .max(10000, { error: burstRange })
      .describe(`Requests at once, ${scope}`),
  };
}
