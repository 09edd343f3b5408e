// Gates for the proof's tests: one of each kind that plans differently.
import type {
  Access,
  Consumer,
  CustomAuth,
  Gate,
  Route,
} from "../../src/gate/gate.ts";

export const route = (
  path: string,
  upstream: string,
  more: Partial<Route> = {},
): Route => ({
  path,
  methods: ["GET", "POST"],
  upstream,
  stream: true,
  timeout: 60,
  ...more,
});

export const consumer = (
  id: string,
  access: Access,
  more: Partial<Consumer> = {},
): Consumer => ({
  id,
  access,
  tokenHashes: [Buffer.from(id).toString("hex").padEnd(64, "0")],
  identities: [],
  disabled: false,
  ...more,
});

export const gate = (more: Partial<Gate> = {}): Gate => ({
  id: "ai-gate/prod",
  stack: "prod",
  region: "eu-west-1",
  stageName: "v1",
  tokenHeaders: ["Authorization"],
  stripHeaders: [],
  auth: { mode: "built-in", cacheTtl: 0, store: "bundled", issuers: [] },
  upstreams: [
    { name: "openai", url: "https://api.openai.com/v1", headers: {} },
    { name: "scorer", url: "https://scorer.example.com", headers: {} },
  ],
  routes: [
    route("/openai/{proxy+}", "openai"),
    route("/score", "scorer", { methods: ["POST"], stream: false }),
  ],
  consumers: [
    consumer("team-a", [{ route: "/openai/{proxy+}" }]),
    consumer("team-b", [{ route: "/openai/{proxy+}" }]),
    consumer("ops", "*"),
  ],
  plans: [],
  throttle: { rate: 100, burst: 200 },
  logRetentionDays: 30,
  tags: {},
  ...more,
});

export const customAuth: CustomAuth = {
  mode: "custom",
  type: "token",
  cacheTtl: 0,
  directory: "./authorizer",
  runtime: "python3.13",
  handler: "authorizer.handler",
};

export const customGate = (more: Partial<Gate> = {}): Gate =>
  gate({
    auth: customAuth,
    consumers: [],
    ...more,
  });
