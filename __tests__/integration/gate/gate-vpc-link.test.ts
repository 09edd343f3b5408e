// An upstream behind a VPC link: called through a link that there is, and not at all through another.
import { startGate, stopAll } from "../../fixtures/local-gate.ts";
import { fewInputs, sourceOf, token } from "../../fixtures/sources.ts";

afterAll(stopAll);

const config = (link: string) => `
upstreams:
  private: { url: https://models.internal.example.com/v1, vpc-link: ${link} }
  public: { url: https://a.example.com/v1 }
routes:
  - { path: "/private/{proxy+}", methods: [POST], upstream: private }
  - { path: /buffered, methods: [POST], upstream: private, stream: false }
  - { path: /public, methods: [POST], upstream: public }
consumers:
  - { id: a, token: { env: TEAM_A_TOKEN } }
`;
const headers = { Authorization: `Bearer ${token}` };
const start = (link: string) => startGate(sourceOf(fewInputs, config(link)));

test("a link that does not exist is a 500, and nothing is called", async () => {
  const gate = await start("nolink");
  for (const path of ["/private/chat", "/buffered"])
    expect((await gate.ask("POST", path, { headers })).status).toBe(500);
  expect(gate.seen).toEqual([]);
  expect((await gate.ask("POST", "/public", { headers })).status).toBe(200);
});

test("through a link the service gets what it would get without", async () => {
  const probe = await start("nolink");
  const link = await probe.control("POST", "//vpclinks", {
    name: "models",
    targetArns: [
      "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/models/0123456789abcdef",
    ],
  });
  const gate = await start(String(link["id"]));
  // Each gate has a cloud of its own.
  for (const [id, one] of probe.gateway.store.vpcLinks)
    gate.gateway.store.vpcLinks.set(id, one);
  const answer = await gate.ask("POST", "/private/chat", { headers });
  expect(answer.status).toBe(200);
  expect((await gate.ask("POST", "/buffered", { headers })).status).toBe(200);
  const [seen] = gate.seen;
  expect([seen?.url, seen?.headers.host]).toEqual([
    "/v1/chat",
    "models.internal.example.com",
  ]);
  expect(JSON.stringify(seen?.headers)).not.toContain(token);
  expect((await gate.ask("POST", "/private/chat")).status).toBe(401);
});
