// Every signed token of the attack corpus against the whole handler: 401 and nothing else; the good ones pass.
import { Socket } from "node:net";
import { attacks, goodProofs } from "./attacks.ts";
import {
  createTestHandler,
  decideProof,
  now,
  stageArn,
  tokenEvent,
} from "./fixtures.ts";

test.each(attacks)("$name is refused", async ({ token }) => {
  const { handler, lines } = createTestHandler();
  await expect(handler(tokenEvent(`Bearer ${token}`))).rejects.toThrow(
    /^Unauthorized$/,
  );
  expect(JSON.parse(lines.join("\n"))).toMatchObject({ decision: "refuse" });
});

test.each(attacks)("$name is refused by the seam itself", async ({ token }) => {
  expect(await decideProof(token)).toMatchObject({ kind: "refuse" });
});

test.each(goodProofs)("$name passes", async ({ token }) => {
  const { handler } = createTestHandler();
  const result = await handler(tokenEvent(`Bearer ${token}`));
  expect(result.principalId).toMatch(/^proof:ai-gate-action:team-[ab]$/);
  expect(result.policyDocument.Statement[0]?.Resource).toContain(
    `${stageArn}GET/score`,
  );
});

test("2.1 #6 no token makes the authorizer connect anywhere", async () => {
  const connect = jest.spyOn(Socket.prototype, "connect");
  const { handler } = createTestHandler();
  await Promise.allSettled(
    attacks.map(({ token }) => handler(tokenEvent(`Bearer ${token}`))),
  );
  expect(connect).not.toHaveBeenCalled();
  connect.mockRestore();
});

test("2.3 #23 a proof passes again until it expires: one-time use would need a store", async () => {
  const token = goodProofs[0]!.token;
  const { handler } = createTestHandler();
  await handler(tokenEvent(`Bearer ${token}`));
  await handler(tokenEvent(`Bearer ${token}`));
  const { handler: later } = createTestHandler({ now: () => now + 301_000 });
  await expect(later(tokenEvent(`Bearer ${token}`))).rejects.toThrow(
    /^Unauthorized$/,
  );
});
