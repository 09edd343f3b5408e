// What the program declares between callers and the stage: domain name, its path to the stage, web ACL, and TLS of both.
import type { Domain } from "../../../src/gate/edge.ts";
import type { Gate } from "../../../src/gate/gate.ts";
import { gate, run } from "../../fixtures/program-run.ts";

const certificate = "arn:aws:acm:eu-west-1:111122223333:certificate/1";
const webAcl =
  "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/gate/11111111-1111-1111-1111-111111111111";
const domain: Domain = {
  name: "ai.example.com",
  certificate,
  basePath: "ai",
  defaultEndpoint: true,
};
const runWith = (changes: Partial<Gate>) =>
  run({ gate: { ...gate, ...changes } });

const edge = (registered: readonly string[]) =>
  registered.filter((one) => /DomainName|BasePathMapping|WebAcl/.test(one));

test("without a domain and a firewall there is nothing of them", async () => {
  const { baseUrl, of, outputs, registered } = await run();
  expect(edge(registered)).toEqual([]);
  expect(baseUrl).toBe("https://abc.example/v1");
  expect(outputs).not.toHaveProperty("stageUrl");
  expect(outputs).not.toHaveProperty("dns");
  expect(of("gate")).toMatchObject({ disableExecuteApiEndpoint: false });
});

test("a domain name, and its path to the stage", async () => {
  const { baseUrl, of, outputs, registered } = await runWith({ domain });
  expect(edge(registered)).toEqual([
    "aws:apigateway/basePathMapping:BasePathMapping domain-path",
    "aws:apigateway/domainName:DomainName domain",
  ]);
  expect(of("domain")).toEqual({
    domainName: "ai.example.com",
    endpointConfiguration: { types: "REGIONAL" },
    regionalCertificateArn: certificate,
    securityPolicy: "SecurityPolicy_TLS13_1_2_2021_06",
    endpointAccessMode: "BASIC",
    tags: { team: "ml" },
  });
  expect(of("domain-path")).toEqual({
    domainName: "ai.example.com",
    restApi: "gate-id",
    stageName: "v1",
    basePath: "ai",
  });
  expect(baseUrl).toBe("https://ai.example.com/ai");
  expect(Object.keys(outputs)).toEqual(
    expect.arrayContaining(["stageUrl", "dns"]),
  );
});

test("the whole domain is a path without a base path", async () => {
  const { baseUrl, of } = await runWith({
    domain: { ...domain, basePath: "" },
  });
  expect(of("domain-path")).not.toHaveProperty("basePath");
  expect(baseUrl).toBe("https://ai.example.com");
});

test("a domain name that is there already is not made, nor said where it leads", async () => {
  const { name, basePath, defaultEndpoint } = domain;
  const { of, outputs, registered } = await runWith({
    domain: { name, basePath, defaultEndpoint },
  });
  expect(edge(registered)).toEqual([
    "aws:apigateway/basePathMapping:BasePathMapping domain-path",
  ]);
  expect(of("domain-path")).toMatchObject({ domainName: "ai.example.com" });
  expect(outputs).not.toHaveProperty("dns");
  expect(outputs).toHaveProperty("stageUrl");
});

test("the default endpoint is closed in a snapshot of its own, since it answers until the next one", async () => {
  const read = async (one: Domain) => {
    const { of } = await runWith({ domain: one });
    const { triggers } = of("snapshot") as { triggers: object };
    return {
      isOff: of("gate")?.disableExecuteApiEndpoint as unknown,
      triggers,
    };
  };
  const open = await read(domain);
  const shut = await read({ ...domain, defaultEndpoint: false });
  expect([open.isOff, shut.isOff]).toEqual([false, true]);
  expect(shut.triggers).not.toEqual(open.triggers);
  // A base path alone is nothing that a snapshot holds.
  expect((await read({ ...domain, basePath: "b" })).triggers).toEqual(
    open.triggers,
  );
});

test("TLS is that of the domain name, of the API and of its document", async () => {
  const { of } = await runWith({ domain, tls: "TLS_1_2" });
  for (const name of ["domain", "gate"]) {
    expect(of(name)).toMatchObject({ securityPolicy: "TLS_1_2" });
    expect(of(name)).not.toHaveProperty("endpointAccessMode");
  }
  const { body } = of("gate") as { body: string };
  expect(JSON.parse(body)).toMatchObject({
    "x-amazon-apigateway-security-policy": "TLS_1_2",
  });
});

test("a web ACL is put in front of the stage", async () => {
  const { of, registered } = await runWith({ webAcl });
  expect(edge(registered)).toEqual([
    "aws:wafv2/webAclAssociation:WebAclAssociation web-acl",
  ]);
  expect(of("web-acl")).toEqual({
    resourceArn: "arn:aws:apigateway/stage:Stage:stage",
    webAclArn: webAcl,
  });
});
