import { MatrixError } from '../lib/errors.ts'
import type { Answer } from './respond.ts'

/**
 * How an error looks to the client. Only a `MatrixError` shows its text; anything else is a fault of ours, a 500
 * whose text stays in the log.
 */
export function renderError(error: unknown): Answer & { isFault: boolean } {
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
