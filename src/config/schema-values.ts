// Types of values that several keys of ai-gate.yml have.
import * as z from "zod";

export function whole(lowest: number, highest: number, what: string) {
  const error = `use a whole number of ${what} from ${lowest} to ${highest}`;
  return z.int({ error }).min(lowest, { error }).max(highest, { error });
}

export const text = (description: string) => z.string().describe(description);

export function nonEmpty<Item extends z.ZodType>(item: Item) {
  return z.array(item).min(1, { error: "use a list with at least one entry" });
}

const rateRange =
  "use a number of requests per second above 0 and up to 100000";
const burstRange = "use a whole number of requests from 1 to 10000";

/** @param scope whose requests they limit: `over the whole gate`. */
export function requestLimits(scope: string) {
  return {
    rate: z
      .number({ error: rateRange })
      .positive({ error: rateRange })
      .max(100000, { error: rateRange })
      .describe(`Requests per second, ${scope}`),
    burst: z
      .int({ error: burstRange })
      .min(1, { error: burstRange })
      .max(10000, { error: burstRange })
      .describe(`Requests at once, ${scope}`),
  };
}

/** One text or a list of them; `help` completes the sentence when it is neither. */
export function textOrList(help: string) {
  return z.union([z.string(), nonEmpty(z.string())], { error: help });
}
