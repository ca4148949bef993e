import { SessionError } from '../base/errors.js';
import type { WebSocketConnection } from '../base/http.js';

/**
 * Closes a WebSocket for an error of its handler. Nothing above a WebSocket's
 * handler catches errors, so one that a visitor can cause would otherwise let
 * that visitor end the process.
 */
export function closeSocket(socket: WebSocketConnection, error: unknown): void {

  const status = statusOf(error);
  const isOurs = error instanceof SessionError;
  const isRefused = isOurs ? status === 403 : status >= 400 && status < 500;
  // Anybody can be refused as often as he likes: it is no news.
  if (!isRefused) warn(error);
  // "Policy violation", "try again later" or "internal error", from the IANA registry of close codes.
  socket.close(isRefused ? 1008 : status === 503 ? 1013 : 1011, isOurs ? error.title : undefined);

}

/** The status that an error has as an HTTP problem, in the shape of `@curveball/http-errors`. */
function statusOf(error: unknown): number {

  const { httpStatus } = Object(error) as { httpStatus?: unknown };
  return typeof httpStatus === 'number' ? httpStatus : 500;

}

function warn(error: unknown): void {

  const message = `A WebSocket was closed: ${error instanceof Error ? error.message : typeof error}`;
  if (error instanceof SessionError) process.emitWarning(message, { code: error.code });
  // Where in the application it was thrown: no one else tells the developer.
  else process.emitWarning(message, { code: 'SESSION_SOCKET', detail: error instanceof Error ? String(error.stack) : '' });

}
