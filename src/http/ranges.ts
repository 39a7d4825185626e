/** The bytes from `start` (inclusive) to `end` (exclusive). */
export type ByteRange = { start: number; end: number }

/**
 * The selected part of some content: all of it, a range, nothing (the client has it already), or a range
 * outside the content.
 */
export type Selection =
  | { kind: 'whole' }
  | ({ kind: 'part' } & ByteRange)
  | { kind: 'not modified' }
  | { kind: 'unsatisfiable' }

/** The headers that select a part of the content. Names are in lower case, as Node gives them. */
export type Selectors = {
  'if-none-match'?: string | undefined
  'if-range'?: string | undefined
  range?: string | undefined
}

const WHOLE = { kind: 'whole' } as const

/**
 * What a GET or HEAD request selects of content with a strong ETag (RFC 9110, sections 13 and 14).
 * `If-None-Match` comes before `Range`. `Range` applies to GET only, and only if `If-Range` is absent or
 * equals the ETag. Several ranges, other units and invalid ranges select the whole content.
 * @param etag in quotes
 */
export function select(
  method: string | undefined,
  headers: Selectors,
  { etag, size }: { etag: string; size: number },
): Selection {
  const { 'if-none-match': known, 'if-range': condition, range } = headers
  if (known !== undefined && knows(known, etag)) return { kind: 'not modified' }
  if (method !== 'GET' || range === undefined) return WHOLE
  // A date never matches, because responses have no Last-Modified.
  if (condition !== undefined && condition !== etag) return WHOLE
  return selectRange(range, size)
}

/** Section 13.1.2: `*` or a list, with weak comparison. */
function knows(list: string, etag: string): boolean {
  return list.trim() === '*' || list.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}

function selectRange(header: string, size: number): Selection {
  const [, from = '', to = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header) ?? []
  if (from === '') return to === '' ? WHOLE : suffix(Number(to), size)
  const start = Number(from)
  const last = to === '' ? Infinity : Number(to)
  if (last < start) return WHOLE
  if (start >= size) return { kind: 'unsatisfiable' }
  return { kind: 'part', start, end: Math.min(last + 1, size) }
}

/** The last `length` bytes, or all bytes if there are fewer. */
function suffix(length: number, size: number): Selection {
  if (length === 0) return { kind: 'unsatisfiable' }
  return size === 0 ? WHOLE : { kind: 'part', start: Math.max(size - length, 0), end: size }
}
