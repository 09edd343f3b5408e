// After an engine was killed over a new snapshot, that one goes, and none that may be somebody's.
import { removeCutSnapshot } from "../../../src/deploy/snapshots.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

const at = "2026-08-01T12:00:00.5Z";
const seconds = Date.parse(at) / 1000;
const json = (value: object) => ({ body: JSON.stringify(value) });

async function remove(items: readonly object[], stages: readonly object[]) {
  const { asked, aws } = fakeAws({
    "apigateway GET /restapis/api/stages": json({ item: stages }),
    "apigateway GET /restapis/api/deployments?limit=500": json({ item: items }),
  });
  const result = await removeCutSnapshot(aws, "eu-west-1", {
    api: "api",
    at,
    kept: ["kept"],
  });
  const deleted = asked.filter((call) => call.includes("DELETE"));
  return { ...result, deleted };
}

const kept = { id: "kept", createdDate: seconds - 9000 };
const cut = { id: "cut", createdDate: seconds + 2 };
const stage = { stageName: "v1", deploymentId: "kept" };

test("the one that was being made goes", async () => {
  expect(await remove([kept, cut], [stage])).toEqual({
    removed: ["cut"],
    left: [],
    deleted: ["apigateway DELETE /restapis/api/deployments/cut"],
  });
});

test.each<[string, object[], object[], string[]]>([
  ["of another day", [{ ...cut, createdDate: 1 }], [], ["cut"]],
  ["of later", [{ ...cut, createdDate: seconds + 900 }], [], ["cut"]],
  ["with a description", [{ ...cut, description: "mine" }], [], ["cut"]],
  ["without a date", [{ id: "cut" }], [], ["cut"]],
  ["one of two", [cut, { ...cut, id: "hand" }], [], ["cut", "hand"]],
  [
    "served by another stage",
    [cut],
    [{ stageName: "mine", deploymentId: "cut" }],
    [],
  ],
  [
    "tried on some calls",
    [cut],
    [{ ...stage, canarySettings: { deploymentId: "cut" } }],
    [],
  ],
])("%s: it stays, and is listed", async (_, items, stages, left) => {
  const done = await remove([kept, ...items], [stage, ...stages]);
  expect(done).toEqual({ removed: [], left, deleted: [] });
});

test("the one of these minutes goes though older ones stay", async () => {
  const old = { id: "old", createdDate: 5 };
  const { left, removed } = await remove([kept, old, cut], [stage]);
  expect([removed, left]).toEqual([["cut"], ["old"]]);
});
