import type { GateSummary } from "../../../src/diff/summary.ts";
import {
  expectNoDifference,
  expectSnapshots,
} from "../../fixtures/summaries.ts";

const roles = (boundary?: string, path = "/"): Partial<GateSummary> => ({
  roles: {
    path,
    ...(boundary !== undefined && {
      boundary: { name: boundary, digest: boundary },
    }),
  },
});

describe("the gate's roles", () => {
  expectSnapshots([
    ["no boundary any more", roles("teams/limit"), roles()],
    ["another boundary", roles("limit"), roles("wide")],
    ["a boundary", roles(), roles("limit")],
    ["another path", roles("limit"), roles("limit", "/teams/ai/")],
    ["both", roles("limit", "/teams/ai/"), roles()],
  ]);
  expectNoDifference([
    ["a summary of before", {}, roles()],
    ["the same", roles("limit", "/a/"), roles("limit", "/a/")],
  ]);
});
