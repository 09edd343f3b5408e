// Every signed token of the attack corpus against the whole handler: 401 and nothing else; the good ones pass.
import { Socket } from "node:net";
import { attacks, goodProofs } from "../../fixtures/attacks.ts";
import {
  createTestHandler,
  decideToken,
  now,
  stageArn,
  headerEvent,
} from "../../fixtures/authorizer.ts";

test.each(attacks)("$name is refused", async ({ token }) => {
  const { handler, lines } = createTestHandler();
  await expect(handler(headerEvent(`Bearer ${token}`))).rejects.toThrow(
    /^Unauthorized$/,
  );
  expect(JSON.parse(lines.join("\n"))).toMatchObject({
    decision: "unauthorized",
  });
});

test.each(attacks)("$name is refused by the seam itself", async ({ token }) => {
  expect(await decideToken(token)).toMatchObject({ kind: "unauthorized" });
});

test.each(goodProofs)("$name passes", async ({ token }) => {
  const { handler } = createTestHandler();
  const result = await handler(headerEvent(`Bearer ${token}`));
  expect(result.principalId).toMatch(/^proof:ai-gate-action:team-[ab]$/);
  expect(result.policyDocument.Statement).toEqual([
    {
      Action: "execute-api:Invoke",
      Effect: "Allow",
      Resource: `${stageArn}GET/*`,
    },
  ]);
});

test("2.1 #6 no token makes the authorizer connect anywhere", async () => {
  const connect = jest.spyOn(Socket.prototype, "connect");
  const { handler } = createTestHandler();
  await Promise.allSettled(
    attacks.map(({ token }) => handler(headerEvent(`Bearer ${token}`))),
  );
  expect(connect).not.toHaveBeenCalled();
  connect.mockRestore();
});

test("2.3 #23 a proof passes again until it expires: one-time use would need a store", async () => {
  const token = goodProofs[0]!.token;
  const { handler } = createTestHandler();
  await handler(headerEvent(`Bearer ${token}`));
  await handler(headerEvent(`Bearer ${token}`));
  const { handler: later } = createTestHandler({ now: () => now + 301_000 });
  await expect(later(headerEvent(`Bearer ${token}`))).rejects.toThrow(
    /^Unauthorized$/,
  );
});
