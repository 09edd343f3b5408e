// What changes about consumers between two summaries. Pure.
import type { GateDifference } from "./differences.ts";
import type { ConsumerSummary } from "./summary.ts";

/** @returns consumers added, removed and given other access, in the order of the newer summary. */
export function diffConsumers(
  before: readonly ConsumerSummary[],
  after: readonly ConsumerSummary[],
): GateDifference[] {
  const removed = before.filter(
    (old) => !after.some(({ id }) => id === old.id),
  );
  return [
    ...after.flatMap((consumer) =>
      diffConsumer(
        before.find(({ id }) => id === consumer.id),
        consumer,
      ),
    ),
    ...removed.map(({ id }): GateDifference => ({
      kind: "consumer-removed",
      subject: id,
      security: true,
      sentence: `the consumer ${id} is removed`,
    })),
  ];
}

function diffConsumer(
  before: ConsumerSummary | undefined,
  after: ConsumerSummary,
): GateDifference[] {
  if (before === undefined)
    return [
      {
        kind: "consumer-added",
        subject: after.id,
        security: true,
        sentence: `the consumer ${after.id} is added and may call ${wordAccess(after)}`,
      },
    ];
  if (wordAccess(before) === wordAccess(after)) return [];
  return [
    {
      kind: "access-changed",
      subject: after.id,
      security: true,
      sentence: `the consumer ${after.id} may call ${wordAccess(after)} instead of ${wordAccess(before)}`,
    },
  ];
}

function wordAccess({ access, expires }: ConsumerSummary): string {
  const routes = access.includes("/**") ? "every route" : access.join(", ");
  return expires === undefined ? routes : `${routes} until ${expires}`;
}
