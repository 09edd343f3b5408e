// Repeats what the AWS SDK repeats: throttled calls, errors of the service itself, broken connections.
import { awsError, AwsError } from "./error.ts";
import type { HttpAnswer, HttpCall } from "./http.ts";

export interface Sender {
  /** Sends one signed request; throws only when there was no answer at all. */
  readonly send: (call: HttpCall) => Promise<HttpAnswer>;
  /** Milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** The Terraform provider's own number of attempts (`max_retries`). */
const ATTEMPTS = 25;
const LONGEST_PAUSE = 5000;
const THROTTLED =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|LimitExceededException$|ProvisionedThroughputExceeded|SlowDown)/;

/** Answers the body of the first good answer. Throws AwsError when AWS refuses or the attempts are used up. */
export async function sendWithRetries(
  sender: Sender,
  call: HttpCall,
): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await attemptOf(sender, call, attempt);
    if (answer !== undefined && answer.status < 300) return answer.body;
    if (answer !== undefined) {
      const again = isRepeatable(awsError({ ...call, ...answer }));
      if (!again) throw awsError({ ...call, ...answer });
      if (attempt === ATTEMPTS)
        throw awsError({ ...call, ...answer, attempts: ATTEMPTS });
    }
    await sender.wait(Math.min(LONGEST_PAUSE, 100 * 2 ** attempt));
  }
}

/** Undefined when the connection broke and another attempt is due. */
async function attemptOf(
  sender: Sender,
  call: HttpCall,
  attempt: number,
): Promise<HttpAnswer | undefined> {
  try {
    return await sender.send(call);
  } catch (error) {
    if (attempt < 5) return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `operation error ${call.service}: ${call.operation}, request send failed, ${reason}`,
      { cause: error },
    );
  }
}

function isRepeatable(error: AwsError): boolean {
  if (error.status === 429 || [500, 502, 503, 504].includes(error.status))
    return true;
  // API Gateway answers so when two changes of one API meet ("concurrent modification. Please try again later.").
  if (
    error.code === "ConflictException" &&
    error.message.includes("try again later")
  )
    return true;
  return THROTTLED.test(error.code);
}

/** Repeats a call while `again` says so of its error: for what AWS needs time to spread (new roles, new functions). */
export async function retryWhile<Answer>(
  wait: Sender["wait"],
  again: (error: AwsError) => boolean,
  call: () => Promise<Answer>,
  attempts = 60,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (attempt === attempts || !(error instanceof AwsError) || !again(error))
        throw error;
    }
    await wait(Math.min(LONGEST_PAUSE, 250 * attempt));
  }
}

/** Asks again until the answer is yes. Throws when about ten minutes of pauses were not enough. */
export async function waitUntil(
  wait: Sender["wait"],
  what: string,
  isDone: () => Promise<boolean>,
): Promise<void> {
  for (let attempt = 1; attempt <= 300; attempt += 1) {
    if (await isDone()) return;
    await wait(Math.min(2000, 50 * attempt));
  }
  throw new Error(`timeout while waiting for ${what}`);
}
