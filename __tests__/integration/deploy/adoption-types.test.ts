// Every kind of resource that the program declares is one that adoption knows: a kind without a look-up could be made twice, or left behind.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { lookUps, setAgain } from "../../../src/deploy/adoption-look-ups.ts";
import type { Gate } from "../../../src/gate/gate.ts";
import { gate, run } from "../../fixtures/program-run.ts";

const program = path.join(import.meta.dirname, "../../../src/deploy/program");

/** `import { Role } from "@pulumi/aws/iam/role"` is the type `aws:iam/role:Role`. */
const imported = [
  ...new Set(
    readdirSync(program).flatMap((file) => {
      const text = readFileSync(path.join(program, file), "utf8");
      return [...text.matchAll(/from "@pulumi\/aws\/(\w+)\/(\w+)"/g)].map(
        ([, module = "", name = ""]) => {
          const type = name.charAt(0).toUpperCase() + name.slice(1);
          return `aws:${module}/${name}:${type}`;
        },
      );
    }),
  ),
].sort();

/** Between them a resource of every kind. */
const full: Gate[] = [
  {
    ...gate,
    auth: { ...gate.auth, store: "dynamodb" } as Gate["auth"],
    plans: [{ name: "basic", rate: 1, burst: 2 }],
    consumers: [
      {
        id: "a",
        tokenHashes: [],
        identities: [],
        access: "*",
        disabled: false,
        plan: "basic",
      },
    ],
    domain: {
      name: "ai.acme.dev",
      basePath: "",
      certificate:
        "arn:aws:acm:eu-west-1:111122223333:certificate/11111111-1111-1111-1111-111111111111",
    } as NonNullable<Gate["domain"]>,
    webAcl:
      "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/gate/11111111-1111-1111-1111-111111111111",
    alarms: {
      topic: "arn:aws:sns:eu-west-1:111122223333:alarms",
      thresholds: { unauthorized: 1, "authorizer-errors": 1 },
    },
  },
];

test("every kind that the program declares", async () => {
  const runs = await Promise.all(
    full.map(async (one) => (await run({ gate: one })).ledger),
  );
  const declared = runs
    .flat()
    .map(({ type }) => type)
    .filter((type) => type.startsWith("aws:"));
  const known = [...Object.keys(lookUps), ...setAgain].sort();
  // A gateway response is made for a gate of an MCP server alone.
  const seen = [...new Set([...declared, "aws:apigateway/response:Response"])];
  expect(seen.sort()).toEqual(imported);
  expect(known).toEqual(imported);
});
