import { invalidParam } from '../../lib/errors.ts'

/**
 * A point between two events: everything up to and including `position` has been told. `typing` is the serial of the
 * typing notifications told, absent in tokens that are only for pagination.
 */
export type SyncToken = { position: number; typing: number }

const FORM = /^s(\d{1,15})(?:_(\d{1,15}))?$/

export function syncToken(token: SyncToken): string {
  return `s${token.position}_${token.typing}`
}

/** A token for `/messages`, `prev_batch` and `at`: the point right after `position`. */
export function pageToken(position: number): string {
  return `s${Math.max(0, position)}`
}

/**
 * Reads either form: clients hand `next_batch` to `/messages` and `prev_batch` to `/members`.
 * @param name the query parameter, for the error
 * @throws 400 M_INVALID_PARAM when the text is not one of our tokens
 */
export function parseToken(text: string, name: string): SyncToken {
  const match = FORM.exec(text)
  if (!match) throw invalidParam(`${name} is not a token that this server has given out`)
  return { position: Number(match[1]), typing: Number(match[2] ?? 0) }
}
