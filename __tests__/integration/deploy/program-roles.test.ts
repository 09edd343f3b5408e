// Every role of the program has the boundary and the path; one in another path has another name.
import {
  functionName,
  invokeRoleName,
  roleName,
} from "../../../src/deploy/names.ts";
import type { Gate } from "../../../src/gate/gate.ts";
import { customGate, gate, run } from "../../fixtures/program-run.ts";

const permissionsBoundary = "arn:aws:iam::111122223333:policy/b";
const rolePath = "/teams/ai/";
const endpoint = {
  name: "llama",
  kind: "sagemaker",
  endpoint: "Llama",
  tokenHeaders: ["Authorization"],
} as const;

const rolesOf = async (given: Gate) =>
  (await run({ gate: given })).ledger
    .filter(({ type }) => type === "aws:iam/role:Role")
    .map(({ inputs }) => inputs as Record<string, unknown>);

const gates: [string, Gate, number][] = [
  ["the built-in authorizer", gate, 1],
  [
    "a SageMaker endpoint",
    { ...gate, upstreams: [...gate.upstreams, endpoint] },
    2,
  ],
  ["an own authorizer", customGate, 1],
  [
    "an own authorizer behind the gate's",
    {
      ...customGate,
      upstreams: [
        {
          ...gate.upstreams[0]!,
          credential: {
            header: "x-api-key",
            prefix: "",
            secret: { store: "ssm", name: "/ai/key" },
          },
        },
      ],
    },
    2,
  ],
];

test.each(gates)("%s", async (_, given, count) => {
  const plain = await rolesOf(given);
  const bounded = await rolesOf({ ...given, permissionsBoundary });
  const moved = await rolesOf({ ...given, rolePath });
  for (const roles of [plain, bounded, moved])
    expect(roles).toHaveLength(count);
  for (const role of plain) {
    expect(role).not.toHaveProperty("path");
    expect(role).not.toHaveProperty("permissionsBoundary");
  }
  expect(bounded).toEqual(
    plain.map((role) => ({ ...role, permissionsBoundary })),
  );
  moved.forEach((role, index) => {
    expect(role["path"]).toBe(rolePath);
    expect(role["name"]).not.toBe(plain[index]?.["name"]);
  });
});

test("names of roles fit IAM's 64 characters, and two paths never share one", () => {
  const prefix = "p".repeat(49);
  const names = ["/", "/a/", "/b/"].flatMap((path) => [
    roleName(prefix, "authorizer", path),
    roleName(prefix, "custom", path),
    invokeRoleName(prefix, "x", path),
  ]);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name.length).toBeLessThanOrEqual(64);
  expect(roleName(prefix, "custom")).toBe(functionName(prefix, "custom"));
});
