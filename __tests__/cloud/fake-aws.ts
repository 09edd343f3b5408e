// An AWS for the tests of this room: answers by operation, and the list of what it was asked.
import type { Aws, AwsAnswer, AwsRequest } from "../../src/cloud/aws.ts";

type Reply = Partial<AwsAnswer> | ((request: AwsRequest) => Partial<AwsAnswer>);

export interface FakeAws {
  readonly aws: Aws;
  /** `ssm GetParameter`, `s3 PUT /bucket?versioning`, in order. */
  readonly asked: string[];
  readonly requests: AwsRequest[];
}

/** @param replies by operation; a list is used up one by one and its last one stays. 200 and an empty body otherwise. */
export function fakeAws(
  replies: Readonly<Record<string, Reply | readonly Reply[]>> = {},
): FakeAws {
  const asked: string[] = [];
  const requests: AwsRequest[] = [];
  const uses = new Map<string, number>();
  const aws: Aws = (request) => {
    const name = nameOf(request);
    asked.push(name);
    requests.push(request);
    const use = uses.get(name) ?? 0;
    uses.set(name, use + 1);
    const all: Reply[] = [replies[name] ?? {}].flat();
    const reply = all[Math.min(use, all.length - 1)] ?? {};
    const answer = typeof reply === "function" ? reply(request) : reply;
    return Promise.resolve({ status: 200, body: "", errorCode: "", ...answer });
  };
  return { aws, asked, requests };
}

function nameOf({ service, method, path, headers }: AwsRequest): string {
  const target = headers?.["x-amz-target"]?.split(".").at(-1);
  return `${service} ${target ?? `${method ?? "POST"} ${path ?? "/"}`}`;
}
