// The shapes of what claims must be. Pure.
import * as z from "zod";
import { nonEmpty } from "./numbers.ts";

/** One text or a list of them; `help` completes the sentence when it is neither. */
export function textOrList(help: string) {
  return z.union([z.string(), nonEmpty(z.string())], { error: help });
}

const claimHelp = "must be text, a number, true or false, or a list of these";
const claimValue = z.union([z.string(), z.number(), z.boolean()], {
  error: claimHelp,
});

export const claimsShape = z.record(
  z.string(),
  z.union([claimValue, nonEmpty(claimValue)], { error: claimHelp }),
);
