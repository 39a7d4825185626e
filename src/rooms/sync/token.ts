import { invalidParam } from '../../lib/errors.ts'

/**
 * A point between two events: the client has everything up to and including `position`. `typing` is the serial of the typing
 * notifications that it has, absent in tokens that are only for pagination. `defaults` is the fingerprint of the default push
 * rules that it has; undefined in tokens for pagination and in those of versions that did not store it.
 */
export type SyncToken = { position: number; typing: number; defaults: string | undefined }

const FORM = /^s(\d{1,15})(?:_(\d{1,15})(?:_([0-9a-f]{8}))?)?$/

export function syncToken({ position, typing, defaults }: SyncToken): string {
  return `s${position}_${typing}${defaults === undefined ? '' : `_${defaults}`}`
}

/** A token for `/messages`, `prev_batch` and `at`: the point directly after `position`. */
export function pageToken(position: number): string {
  return `s${Math.max(0, position)}`
}

/**
 * Parses both forms: clients pass `next_batch` to `/messages` and `prev_batch` to `/members`.
 * @param name the query parameter, for the error
 * @throws 400 M_INVALID_PARAM when the text is not a token of this server
 */
export function parseToken(text: string, name: string): SyncToken {
  const match = FORM.exec(text)
  if (!match) throw invalidParam(`${name} is not a token of this server`)
  return { position: Number(match[1]), typing: Number(match[2] ?? 0), defaults: match[3] }
}
