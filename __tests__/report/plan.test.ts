import { planItems } from "../../src/report/plan.ts";
import type { Run } from "../../src/report/run.ts";
import { change, run, summary } from "./runs.ts";

const lines = (more: Partial<Run>) =>
  planItems(run(more)).map(({ line }) => line);

test("only an update can be one of nothing", () => {
  const changes = (["create", "update", "replace", "delete"] as const).map(
    (op) => change(op, { name: op, diffs: ["lastModified"] }),
  );
  expect(lines({ changes }).filter((line) => line.includes("aws:"))).toEqual([
    "create aws:apigateway/stage:Stage create",
    "delete aws:apigateway/stage:Stage delete",
    "replace aws:apigateway/stage:Stage replace",
  ]);
});

test("code that is put back is no part of what was reviewed", () => {
  const type = "aws:lambda/function:Function";
  const diffs = ["sourceCodeHash", "codeSha256"];
  const changes = [change("update", { type, name: "authorizer", diffs })];
  expect(lines({ changes })).toEqual(lines({ changes: [] }));
});

test("a value may be nothing", () => {
  const auth = { ...summary().auth, cacheTtl: null as unknown as number };
  const after = summary({ auth });
  expect(lines({ after, before: after })).toContain(
    'auth {"cacheTtl":null,"issuers":[],"modes":["token"],"store":"bundled"}',
  );
});
