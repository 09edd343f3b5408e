// `npm run bench -- report`: how long the comment about 10,000 changes takes to write, in processor time.
import { change, consumer, run, summary } from "../__tests__/fixtures/runs.ts";
import { renderComment, renderSummary } from "../src/report/comment.ts";
import { verdict } from "../src/report/verdict.ts";
import type { Found } from "./figures.ts";
import { median } from "./statistics.ts";

const rounds = 5;
const count = 10_000;

const many = <Item>(make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Milliseconds of this process. */
function processorTime(act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { system, user } = process.cpuUsage(before);
  return (system + user) / 1000;
}

export function benchReport(): Found {
  const consumers = (shift: number) =>
    many((index) => consumer(`team-${index + shift}`, "/openai/**"));
  const about = run({
    changes: many((index) => change("update", { name: `resource-${index}` })),
    before: summary({ consumers: consumers(0) }),
    after: summary({ consumers: consumers(count / 2) }),
  });
  const samples = Array.from({ length: rounds }, () =>
    processorTime(() => {
      verdict(about);
      renderComment(about);
      renderSummary(about);
    }),
  );
  return {
    measures: [
      {
        what: "comment, summary and verdict of 10,000 changes",
        value: median(samples) / 1000,
        unit: "s",
        bound: { most: 1 },
      },
    ],
  };
}
