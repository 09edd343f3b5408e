import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { valuesFromSecrets } from "../../../src/action/masked-inputs.ts";
import { readInputs } from "../../../src/action/inputs/inputs.ts";
import { findMaskedOutputs } from "../../../src/report/outputs.ts";

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), "ai-gate-masked-"));
  mkdirSync(path.join(workspace, ".github/workflows"), { recursive: true });
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const inputs = readInputs({
  getInput: (name) => ({ stack: "prod", region: "eu-west-1" })[name],
  setSecret: () => undefined,
});

function found(step: string, given: Pick<typeof inputs, "given"> = inputs) {
  writeFileSync(
    path.join(workspace, ".github/workflows/gate.yml"),
    `jobs:\n  deploy:\n    steps:\n      - uses: org/ai-gate-action@v1\n        with:\n          ${step}\n`,
  );
  const environment = {
    GITHUB_WORKFLOW_REF: "acme/app/.github/workflows/gate.yml@refs/heads/main",
    AWS_REGION: "eu-west-1",
  };
  return valuesFromSecrets({ environment, workspace }, given);
}

test.each([
  ["region: ${{ secrets.REGION }}", ["eu-west-1"]],
  ["region: ${{ secrets['REGION'] || 'eu-west-1' }}", ["eu-west-1"]],
  ['"region": "${{secrets.REGION}}"', ["eu-west-1"]],
  ["aws-region: ${{ secrets.REGION }}", ["eu-west-1"]],
  ["stack: ${{ secrets.STACK }}", ["prod"]],
  ["stack: gate-${{ secrets.STACK }}", ["prod"]],
  ["region: ${{ vars.REGION }}", []],
  ["region: eu-west-1 # not ${{ vars.secrets }}", []],
  ["tokens: ${{ secrets.GATE_TOKENS }}", []],
  ["# nothing", []],
])("%s", (step, values) => {
  expect(found(step)).toEqual(values);
});

test("the region of the step before, where the input is not given", () => {
  const without = { given: { ...inputs.given, region: undefined } };
  expect(found("aws-region: ${{ secrets.REGION }}", without)).toEqual([
    "eu-west-1",
  ]);
});

test("each output that holds the region is warned of", () => {
  const outputs = {
    "invoke-url": "https://x.execute-api.eu-west-1.amazonaws.com/v1",
    region: "eu-west-1",
    ready: "true",
  };
  const warnings = findMaskedOutputs(
    outputs,
    found("region: ${{ secrets.REGION }}"),
  );
  expect(warnings.map((one) => /`([a-z-]+)`/.exec(one)?.[1])).toEqual([
    "invoke-url",
    "region",
  ]);
});

test.each([
  ["no workflow file", "acme/app/.github/workflows/other.yml@refs/heads/main"],
  ["one outside the workspace", "acme/app/../../etc/passwd@x"],
  ["nothing", ""],
])("%s: no value", (_, reference) => {
  const environment = { GITHUB_WORKFLOW_REF: reference };
  expect(valuesFromSecrets({ environment, workspace }, inputs)).toEqual([]);
});
