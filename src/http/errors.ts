import { MatrixError } from '../lib/errors.ts'
import type { OutgoingResponse } from './respond.ts'

/**
 * The response for an error. The text of a `MatrixError` is sent to the client. Every other error is a bug:
 * 500, with its text only in the log.
 */
export function renderError(error: unknown): OutgoingResponse & { isFault: boolean } {
  if (!(error instanceof MatrixError))
    return { status: 500, body: { errcode: 'M_UNKNOWN', error: 'Internal server error' }, isFault: true }
  const { status, errcode, message, extra } = error
  const retryAfterMs = extra['retry_after_ms']
  const headers: Record<string, string> =
    typeof retryAfterMs === 'number'
      ? { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }
      : {}
  return { status, headers, body: { ...extra, errcode, error: message }, isFault: status === 500 }
}
