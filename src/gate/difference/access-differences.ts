// Which calls a consumer may make more and less, told by the calls that there are, not by how the access is written. Pure.
import { callsBeyond, coversGlob } from "./calls.ts";
import type { ConsumerChange, Moves } from "./moves.ts";
import type { RouteSummary } from "./summary.ts";
import { quoteAll } from "./words.ts";

/** Calls that come and go with their route are the route's difference, not the consumer's. */
export function diffAccess({ was, is, before, after }: ConsumerChange): Moves {
  return {
    wider: wordMove("may also call", beyond(was.access, is.access), after),
    narrower: wordMove(
      "may no longer call",
      beyond(is.access, was.access),
      before,
    ),
  };
}

interface Beyond {
  /** The access that is less. */
  readonly less: readonly string[];
  /** Entries of the other that no entry of it covers: all further calls come from these. */
  readonly globs: readonly string[];
}

const beyond = (less: readonly string[], more: readonly string[]): Beyond => ({
  less,
  globs: more.filter((glob) => !less.some((wide) => coversGlob(wide, glob))),
});

const mostCalls = 60;

/** An access may move without one call more or less today: `/a/**` instead of the only route `/a/b`. */
function wordMove(
  words: string,
  { less, globs }: Beyond,
  { routes }: { readonly routes: readonly RouteSummary[] },
): string[] {
  const calls = callsBeyond(globs, less, routes);
  const open = globs.filter((glob) => glob.endsWith("/**"));
  const many = `${quoteAll(globs)} (${calls.length} calls)`;
  const parts = [
    ...(calls.length > 0
      ? [calls.length > mostCalls ? many : quoteAll(calls)]
      : []),
    ...(open.length > 0 ? [`routes to come under ${quoteAll(open)}`] : []),
  ];
  return parts.length > 0 ? [`${words} ${parts.join(", and ")}`] : [];
}
