import { SessionEndedError, SessionError, type SessionEndReason } from '../base/errors.js';
import type { WebSocketConnection } from '../base/http.js';

/** The close code of a WebSocket whose session is over. */
export const SESSION_ENDED = 4001;

/**
 * Closes a WebSocket because of an error in its handler. The kernel does not catch
 * such errors, so a visitor who can cause one could otherwise end the process.
 */
export function closeSocket(socket: WebSocketConnection, error: unknown): void {

  const reason = endIn(error);
  if (reason !== undefined) {
    socket.close(SESSION_ENDED, reason);
    return;
  }
  const status = statusOf(error);
  const isOurs = error instanceof SessionError;
  const isRefused = isOurs ? status === 401 || status === 403 : status >= 400 && status < 500;
  // Refusals are not worth a warning: visitors can cause as many as they like.
  if (!isRefused) warn(error);
  // "Policy violation", "try again later" or "internal error", from the IANA registry of close codes.
  socket.close(isRefused ? 1008 : status === 503 ? 1013 : 1011, isOurs ? error.title : undefined);

}

/** Says why the session is over, if the error is that of `ctx.sessionSignal`, or was thrown because that fired. */
function endIn(error: unknown): SessionEndReason | undefined {

  const { cause } = Object(error) as { cause?: unknown };
  return [error, cause].find(each => each instanceof SessionEndedError)?.reason;

}

/** Returns the HTTP status that an error has, in the shape of `@curveball/http-errors`, or else 500. */
function statusOf(error: unknown): number {

  const { httpStatus } = Object(error) as { httpStatus?: unknown };
  return typeof httpStatus === 'number' ? httpStatus : 500;

}

function warn(error: unknown): void {

  const message = `A WebSocket was closed: ${error instanceof Error ? error.message : typeof error}`;
  if (error instanceof SessionError) process.emitWarning(message, { code: error.code });
  // With the stack, since nothing else shows developers where it was thrown.
  else process.emitWarning(message, { code: 'SESSION_SOCKET', detail: error instanceof Error ? String(error.stack) : '' });

}
