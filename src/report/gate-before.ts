// What is known of the gate as it was before the run. Pure.
import type { Run } from "./run.ts";

/** Whether the gate is made for the first time: nothing is known of one before, and it had no URL. */
export const isNew = ({ before, changes, urls, filesOnly }: Run): boolean =>
  before === undefined &&
  filesOnly === undefined &&
  (urls === undefined ||
    changes.some(
      ({ op, type, failed }) =>
        op === "create" && type === "aws:apigateway/restApi:RestApi" && !failed,
    ));

/** Whether the run says what changes for callers: other commands do not look at the config, and files alone tell nothing. */
export const isPlanned = ({ command, after, filesOnly }: Run): boolean =>
  (command === "preview" || command === "up") &&
  after !== undefined &&
  filesOnly === undefined;

/** Whether there was a gate whose summary cannot be read, as after an upgrade: then no change for callers can be told. */
export const isUnknownBefore = (run: Run): boolean =>
  isPlanned(run) && run.before === undefined && !isNew(run);
