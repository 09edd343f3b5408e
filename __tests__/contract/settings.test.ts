// Holds src/gate and the authorizer together: what the one writes, the other must read as meant.
import { parseSettings } from "../../authorizer/settings.ts";
import { buildSettings } from "../../src/gate/access/settings.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  goodInputs,
  sha256,
  sourceOf,
  token,
} from "../gate/sources.ts";

const key = {
  kty: "OKP",
  crv: "Ed25519",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
} as const;

test.each([
  ["the simple inputs", sourceOf(goodInputs)],
  ["a full config", sourceOf(fewInputs, fullConfig)],
  [
    "an upstream without credential",
    sourceOf({ ...goodInputs, "upstream-secret": undefined }),
  ],
  [
    "a token header and stage at the edge of what is allowed",
    sourceOf({
      ...goodInputs,
      "token-header": `X${"-a".repeat(31)}`,
      "stage-name": "S_-9".repeat(32),
    }),
  ],
  [
    "a path with every character allowed",
    sourceOf(
      fewInputs,
      `
upstreams: { a: { url: https://a.example.com } }
routes: [{ path: "/A.z_0:9-/{x}", methods: [ANY], upstream: a }]
consumers: [{ id: A.b_c-9, token: { env: TEAM_A_TOKEN }, routes: ["/A.z_0:9-/**"] }]`,
    ),
  ],
])("the authorizer reads the settings of %s", (_what, source) => {
  const gate = gateOf(source);
  for (const proof of [key, null]) {
    const settings = parseSettings(JSON.stringify(buildSettings(gate, proof)));
    expect(settings.gate).toBe(gate.id);
    expect(settings.stage).toBe(gate.stageName);
    expect(settings.header).toBe(gate.tokenHeader);
    expect([...settings.consumers.keys()]).toEqual(
      gate.consumers.map(({ id }) => id),
    );
    const { consumer } = settings.tokens.get(sha256(token)) ?? {};
    expect(consumer?.id).toBe(gate.consumers[0]?.id);
    expect(settings.proofKey === undefined).toBe(proof === null);
  }
});
