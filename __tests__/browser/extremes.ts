// Runs at the edge of what a report can meet: names that are attacks, and a gate that is far too big for a comment.
import type { GateSummary } from "../../src/gate/difference/summary.ts";
import type { Run } from "../../src/report/run.ts";
import { hostile } from "../report/runs.ts";
import { change, scenarios } from "./scenarios.ts";

const [first] = scenarios;
const calm = first!.run;
const gate = calm.after!;
const [someRoute] = gate.routes;
const [someConsumer] = gate.consumers;

/** The gate with its routes, upstreams and consumers named so. */
const named = (names: readonly string[]): GateSummary => ({
  ...gate,
  stageName: names[0] ?? "v1",
  tokenHeaders: [names[1] ?? "Authorization"],
  routes: names.map((name) => ({
    ...someRoute!,
    path: `/${name}`,
    upstream: name,
    host: name,
    target: `https://${name}`,
  })),
  consumers: names.map((id, index) => ({
    ...someConsumer!,
    id,
    access: index % 2 === 0 ? ("*" as const) : [{ route: `/${id}` }],
  })),
});

const changesNamed = (names: readonly string[]): Run["changes"] =>
  names.flatMap((name) =>
    (["create", "update", "replace", "delete"] as const).map((op) =>
      change(op, name, name, {
        diffs: [name],
        values: { [name]: { before: name, after: name } },
        replaceKeys: [name],
        grants: [name],
        failed: op === "update",
      }),
    ),
  );

export const hostileRun: Run = {
  ...calm,
  before: named([...hostile].reverse()),
  after: named(hostile),
  changes: changesNamed(hostile),
  failure: {
    reason: "invalid-input",
    message: hostile.join(" "),
    problems: hostile.map((message) => ({ where: message, message })),
  },
  proof: {
    broken: false,
    failed: true,
    results: hostile.map((text) => ({
      id: text,
      title: text,
      expected: text,
      actual: text,
      status: "failed",
      attempts: 1,
      message: text,
    })),
  },
};

const many = (count: number, word: string): string[] =>
  Array.from({ length: count }, (_, index) => `${word}-${index}`);

export const crowdedRun: Run = {
  ...calm,
  before: named(many(100, "old-and-rather-long-name-of-a-route")),
  after: named(many(300, "rather-long-name-of-a-route")),
  changes: changesNamed(many(500, "resource")),
};
