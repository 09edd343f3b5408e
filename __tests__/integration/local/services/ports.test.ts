import { createServer, type Server } from "node:net";
import { randomInt } from "node:crypto";
import { freePort } from "../../../../local/system/ports.ts";

jest.mock("node:crypto", () => ({ randomInt: jest.fn() }));

test("a port that is taken is passed over, and none is of those of outgoing connections", async () => {
  const choose = jest.mocked(randomInt as (from: number, to: number) => number);
  const taken = await listen();
  const { port } = taken.address() as { port: number };
  choose.mockReturnValueOnce(port).mockReturnValueOnce(port);
  choose.mockReturnValue(20_123);
  expect(await freePort()).toBe(20_123);
  expect(choose.mock.calls).toEqual(Array(3).fill([20_000, 32_000]));
  choose.mockReturnValue(port);
  await expect(freePort()).rejects.toThrow(
    "no free port from 20000 to 32000 on 127.0.0.1",
  );
  await new Promise((resolve) => taken.close(resolve));
});

const listen = () =>
  new Promise<Server>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
  });
