// The errors of the API Gateway control plane: rest-json, with the error's name in a header and its text in `message`.

export class ServiceError extends Error {
  readonly status: number;
  /** Goes into `x-amzn-ErrorType`. */
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

export const badRequest = (message: string): ServiceError =>
  new ServiceError(400, "BadRequestException", message);

export const notFound = (message: string): ServiceError =>
  new ServiceError(404, "NotFoundException", message);

export const conflict = (message: string): ServiceError =>
  new ServiceError(409, "ConflictException", message);

export const limitExceeded = (message: string): ServiceError =>
  new ServiceError(429, "LimitExceededException", message);

/** A body whose JSON types are not those of the operation's input. */
export const serialization = (message: string): ServiceError =>
  new ServiceError(400, "SerializationException", message);

/**
 * One broken constraint of the service model.
 * @param at where, as AWS writes it: `putIntegrationInput.type`, `statusCode`, …
 */
export function constraint(value: string, at: string, rule: string): string {
  return `Value '${value}' at '${at}' failed to satisfy constraint: ${rule}`;
}

export const oneOf = (values: readonly string[]): string =>
  `Member must satisfy enum value set: [${values.join(", ")}]`;

/** All broken constraints of a request in AWS's one error. */
export function validation(broken: readonly string[]): ServiceError {
  const count = `${broken.length} validation error${broken.length === 1 ? "" : "s"} detected: `;
  return new ServiceError(
    400,
    "ValidationException",
    count + broken.join("; "),
  );
}
