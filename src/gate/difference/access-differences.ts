// Which calls a consumer may make more and less, told by the calls that there are, not by how the access is written. Pure.
import { callsOf, coversGlob } from "./calls.ts";
import { type ConsumerChange, type Moves, still } from "./moves.ts";
import { quoteList, without } from "./words.ts";

/** Calls that come and go with their route are the route's difference, not the consumer's. */
export function diffAccess({ was, is, before, after }: ConsumerChange): Moves {
  const [old, now] = [was.access, is.access];
  if (old.join("\n") === now.join("\n")) return still;
  const uncovered = (globs: readonly string[], by: readonly string[]) =>
    globs.filter((glob) => !by.some((wide) => coversGlob(wide, glob)));
  return {
    wider: wordMove("may also call", {
      calls: without(callsOf(now, after.routes), callsOf(old, after.routes)),
      globs: uncovered(now, old),
    }),
    narrower: wordMove("may no longer call", {
      calls: without(callsOf(old, before.routes), callsOf(now, before.routes)),
      globs: uncovered(old, now),
    }),
  };
}

/** An access may move without one call more or less today: `/a/**` instead of the only route `/a/b`. */
function wordMove(
  words: string,
  {
    calls,
    globs,
  }: { readonly calls: readonly string[]; readonly globs: readonly string[] },
): string[] {
  const open = globs.filter((glob) => glob.endsWith("/**"));
  const parts = [
    ...(calls.length > 0 ? [quoteList(calls)] : []),
    ...(open.length > 0 ? [`routes to come under ${quoteList(open)}`] : []),
  ];
  return parts.length > 0 ? [`${words} ${parts.join(", and ")}`] : [];
}
