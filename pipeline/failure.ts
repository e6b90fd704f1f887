/**
 * Failures that a person can act on. `Failure` is printed as one line, without a stack trace, and
 * ends the process with its exit code; any other exception is a defect and is printed whole.
 */

/** Exit codes of the command line: 0 ok, 1 the work failed, 2 wrong usage or configuration. */
export type ExitCode = 1 | 2;

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: ExitCode;

  /** @param message one line: what failed, where, and what to do about it. */
  constructor(message: string, options: { exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The work was asked to stop before it was done: not a failure, and nothing to tell. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text =
    error instanceof AggregateError && error.message === ''
      ? error.errors.map(messageOf).join('; ')
      : error instanceof Error
        ? error.message
        : String(error);
  return text.replaceAll(/\s+/g, ' ').trim();
}
