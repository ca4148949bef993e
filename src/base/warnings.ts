import { channel } from 'node:diagnostics_channel';

/** `curveball:session:warning`: what a developer should know, once per process. */
export interface SessionWarning {
  /** A stable name, for code. */
  readonly code: string;
  readonly message: string;
}

const warnings = channel('curveball:session:warning');

const given = new Set<string>();

/**
 * Warns developers of something that they can't see otherwise, as a warning of
 * the process and on the channel.
 *
 * @param message contains no id and no value of a session
 * @param reason what developers are warned of only once; by default the message
 */
export function warnOnce(code: string, message: string, reason = message): void {

  const name = `${code} ${reason}`;
  if (given.has(name)) return;
  given.add(name);
  process.emitWarning(message, { code });
  warnings.publish({ code, message } satisfies SessionWarning);

}
