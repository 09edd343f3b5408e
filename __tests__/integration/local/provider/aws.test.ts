import {
  jsonCall,
  queryCall,
  restCall,
} from "../../../../local/provider/aws/cloud.ts";
import { isNotFound } from "../../../../local/provider/aws/error.ts";
import { retryWhile } from "../../../../local/provider/aws/retry.ts";
import { childText, parseXml } from "../../../../local/provider/aws/xml.ts";
import {
  fakeCloud,
  json,
  refusal,
  type Answers,
} from "../../../fixtures/provider-cloud.ts";

const createApi = {
  service: "apigateway",
  operation: "CreateRestApi",
  method: "POST",
  path: "/restapis",
  body: { name: "gate" },
} as const;

const once = (first: ReturnType<Answers>): Answers => {
  let isFirst = true;
  return () => {
    const answer = isFirst ? first : json({ id: "a" });
    isFirst = false;
    return answer;
  };
};

describe("errors in Terraform's words", () => {
  test.each<[about: string, answer: ReturnType<Answers>, words: string]>([
    [
      "a code that the SDK does not know by type",
      refusal(403, "AccessDeniedException", "User: x is not authorized"),
      "operation error API Gateway: CreateRestApi, https response error StatusCode: 403, RequestID: r-1, api error AccessDeniedException: User: x is not authorized",
    ],
    [
      "a code that it knows",
      refusal(400, "BadRequestException", "Invalid"),
      "operation error API Gateway: CreateRestApi, https response error StatusCode: 400, RequestID: r-1, BadRequestException: Invalid",
    ],
    [
      "a type with namespace and URL",
      refusal(404, "x#NotFoundException:http://internal", "no"),
      "operation error API Gateway: CreateRestApi, https response error StatusCode: 404, RequestID: r-1, NotFoundException: no",
    ],
    [
      "a type in the body",
      json({ __type: "a.b#ConflictException", Message: "clash" }, 409),
      "operation error API Gateway: CreateRestApi, https response error StatusCode: 409, RequestID: , ConflictException: clash",
    ],
    [
      "an answer that is no JSON",
      { status: 418, body: "teapot" },
      "operation error API Gateway: CreateRestApi, https response error StatusCode: 418, RequestID: , api error UnknownError: ",
    ],
  ])("%s", async (_about, answer, words) => {
    const cloud = fakeCloud(() => answer);
    await expect(restCall(cloud, createApi)).rejects.toThrow(new Error(words));
    expect(cloud.calls).toHaveLength(1);
  });

  test("of the query protocol", async () => {
    const body =
      "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>no &lt;role&gt;</Message></Error></ErrorResponse>";
    const cloud = fakeCloud(() => ({ status: 404, body }));
    const failure = await queryCall(cloud, "iam", "GetRole", {}).catch(
      (error: unknown) => error,
    );
    expect(String(failure)).toContain(
      "404, RequestID: , NoSuchEntity: no <role>",
    );
    expect(isNotFound(failure)).toBe(true);
  });

  test("of the JSON protocol", async () => {
    const cloud = fakeCloud(() =>
      json({ __type: "ResourceAlreadyExistsException", message: "twice" }, 400),
    );
    await expect(jsonCall(cloud, "logs", "CreateLogGroup", {})).rejects.toThrow(
      "operation error CloudWatch Logs: CreateLogGroup, https response error StatusCode: 400, RequestID: , ResourceAlreadyExistsException: twice",
    );
  });
});

describe("what is repeated", () => {
  test.each<[about: string, answer: ReturnType<Answers>, calls: number]>([
    ["429", refusal(429, "TooManyRequestsException", "slow"), 2],
    [
      "throttling under another status",
      refusal(400, "ThrottlingException", ""),
      2,
    ],
    ["500", { status: 500 }, 2],
    ["503", { status: 503 }, 2],
    [
      "two changes of one API",
      refusal(409, "ConflictException", "Please try again later."),
      2,
    ],
    ["a broken connection", new Error("ECONNRESET"), 2],
    ["a refusal", refusal(400, "BadRequestException", ""), 1],
    ["another conflict", refusal(409, "ConflictException", "exists"), 1],
    ["no permission", refusal(403, "AccessDeniedException", ""), 1],
  ])("%s", async (_about, answer, calls) => {
    const cloud = fakeCloud(once(answer));
    await restCall(cloud, createApi).catch(() => undefined);
    expect(cloud.calls).toHaveLength(calls);
  });

  test("pauses grow up to a limit, and the end says how often", async () => {
    const cloud = fakeCloud(() =>
      refusal(429, "TooManyRequestsException", "slow"),
    );
    await expect(restCall(cloud, createApi)).rejects.toThrow(
      "CreateRestApi, exceeded maximum number of attempts, 25, https response error StatusCode: 429, RequestID: r-1, TooManyRequestsException: slow",
    );
    expect(cloud.calls).toHaveLength(25);
    expect(cloud.waits.slice(0, 3)).toEqual([200, 400, 800]);
    expect(Math.max(...cloud.waits)).toBe(5000);
  });

  test("a cloud that never answers is given up soon", async () => {
    const cloud = fakeCloud(() => new Error("ECONNREFUSED"));
    await expect(restCall(cloud, createApi)).rejects.toThrow(
      /request send failed, ECONNREFUSED/,
    );
    expect(cloud.calls).toHaveLength(5);
  });

  test("retryWhile stops at an error of another kind", async () => {
    const cloud = fakeCloud(() => refusal(400, "BadRequestException", ""));
    const call = () => restCall(cloud, createApi);
    const again = (error: { code: string }) => error.code === "Other";
    await expect(retryWhile(cloud.wait, again, call)).rejects.toThrow();
    expect(cloud.calls).toHaveLength(1);
  });
});

describe("protocols", () => {
  test("REST-JSON", async () => {
    const cloud = fakeCloud(() => json({ id: "a" }));
    expect(await restCall(cloud, createApi)).toEqual({ id: "a" });
    expect(cloud.calls[0]).toMatchObject({
      service: "apigateway",
      method: "POST",
      path: "/restapis",
      body: '{"name":"gate"}',
      headers: { "Content-Type": "application/json" },
    });
  });

  test("AWS JSON", async () => {
    const cloud = fakeCloud(() => json({}));
    await jsonCall(cloud, "dynamodb", "DeleteTable", { TableName: "t" });
    expect(cloud.calls[0]).toMatchObject({
      path: "/",
      body: '{"TableName":"t"}',
      headers: {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.DeleteTable",
      },
    });
  });

  test("query", async () => {
    const body =
      '<?xml version="1.0"?><GetRoleResponse xmlns="x"><GetRoleResult><Role><Arn>a</Arn><Tags/></Role></GetRoleResult><M/></GetRoleResponse>';
    const cloud = fakeCloud(() => ({ body }));
    const answer = await queryCall(cloud, "iam", "GetRole", {
      RoleName: "r&d",
    });
    expect(answer).toEqual({ Role: { Arn: "a", Tags: "" } });
    expect(childText(answer, "Arn")).toBe("a");
    expect(cloud.calls[0]?.body).toBe(
      "Action=GetRole&Version=2010-05-08&RoleName=r%26d",
    );
  });

  test.each([["plain text"], ["</a>"]])("no XML: %s", (text) => {
    expect(() => parseXml(text)).toThrow(/no XML/);
  });

  test("entities", () => {
    const root = parseXml("<a>&lt;&amp;&#65;&#x42;&quot;</a>");
    expect(childText(root, "a")).toBe('<&AB"');
  });
});
