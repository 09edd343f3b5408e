// Where calls may come from, before and after.
import { holdsBlock } from "../gate/networks.ts";
import type { Row } from "./compare.ts";
import type { FindingCode } from "./finding-codes.ts";
import type { NetworkSummary } from "./summary.ts";
import { joinWords, quoteList, quoteShort } from "./wording.ts";

interface Limited {
  readonly network?: NetworkSummary;
}

/** The words go on with a sentence that starts with who calls: `callers `, "the consumer `team-a` ". */
export const networkRow: Row<Limited> = (before, after) => {
  const [was, is] = [before.network ?? {}, after.network ?? {}];
  return [
    ...fact("network-widened", "may also call from", [
      ...allowedBeyond(is, was),
      ...beyond(was.deny, is.deny),
    ]),
    ...fact("network-narrowed", "may no longer call from", [
      ...allowedBeyond(was, is),
      ...beyond(is.deny, was.deny),
    ]),
  ];
};

const fact = (
  code: FindingCode,
  words: string,
  networks: readonly string[],
): [FindingCode, string][] =>
  networks.length > 0
    ? [[code, `${words} ${joinWords([...new Set(networks)])}`]]
    : [];

/** A network that several others hold together counts too: it is better named than missed. */
const beyond = (
  some: readonly string[] = [],
  others: readonly string[] = [],
): string[] =>
  some
    .filter((one) => !others.some((other) => holdsBlock(other, one)))
    .map(quoteShort);

function allowedBeyond(one: NetworkSummary, other: NetworkSummary): string[] {
  if (other.allow === undefined) return [];
  return one.allow === undefined
    ? [`any address but ${quoteList(other.allow, "or")}`]
    : beyond(one.allow, other.allow);
}

/** "from `10.0.0.0/8`, but not from `10.1.0.0/16`"; empty for any address. */
export function wordNetwork({ allow, deny }: NetworkSummary = {}): string {
  const parts = [
    allow && `from ${quoteList(allow, "or")}`,
    deny && `${allow ? "but not" : "not"} from ${quoteList(deny, "or")}`,
  ];
  return parts.filter(Boolean).join(", ");
}
