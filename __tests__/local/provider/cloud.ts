// A cloud of tests: answers from a list, records what was sent, never waits.
import type { Cloud } from "../../../local/provider/aws/cloud.ts";
import type { HttpAnswer, HttpCall } from "../../../local/provider/aws/http.ts";

export interface FakeCloud extends Cloud {
  readonly calls: HttpCall[];
  readonly waits: number[];
}

export type Answers = (call: HttpCall) => Partial<HttpAnswer> | Error;

/** `answers` decides by call; what it leaves out is 200 with an empty body. An Error stands for a broken connection. */
export function fakeCloud(answers: Answers): FakeCloud {
  const calls: HttpCall[] = [];
  const waits: number[] = [];
  return {
    ...{ calls, waits },
    region: "us-east-1",
    account: "000000000000",
    partition: "aws",
    send: (call) => {
      calls.push(call);
      const answer = answers(call);
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve({ status: 200, headers: {}, body: "", ...answer });
    },
    wait: (milliseconds) => {
      waits.push(milliseconds);
      return Promise.resolve();
    },
  };
}

export const json = (value: unknown, status = 200): Partial<HttpAnswer> => ({
  status,
  body: JSON.stringify(value),
});

/** A refusal in the way of API Gateway and Lambda. */
export const refusal = (
  status: number,
  code: string,
  message: string,
): Partial<HttpAnswer> => ({
  status,
  headers: { "x-amzn-errortype": code, "x-amzn-requestid": "r-1" },
  body: JSON.stringify({ message }),
});
