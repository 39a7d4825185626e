/** Bytes from `start` up to, and not including, `end`. */
export type ByteRange = { start: number; end: number }

/** What is asked for of some content: all of it, a part, nothing (the client has it), or a part that is not there. */
export type Selection =
  | { kind: 'whole' }
  | ({ kind: 'part' } & ByteRange)
  | { kind: 'not modified' }
  | { kind: 'unsatisfiable' }

/** The headers of a request that select; in lower case, as Node has them. */
export type Selectors = {
  'if-none-match'?: string | undefined
  'if-range'?: string | undefined
  range?: string | undefined
}

const WHOLE = { kind: 'whole' } as const

/**
 * What a GET or HEAD selects of content with a strong ETag (RFC 9110, sections 13 and 14): `If-None-Match` before `Range`, and `Range` of
 * a GET alone, where `If-Range` names this very ETag or is absent. Several ranges, other units and what is no range are answered with all of it.
 * @param etag quoted
 */
export function select(
  method: string | undefined,
  headers: Selectors,
  { etag, size }: { etag: string; size: number },
): Selection {
  const { 'if-none-match': known, 'if-range': condition, range } = headers
  if (known !== undefined && knows(known, etag)) return { kind: 'not modified' }
  if (method !== 'GET' || range === undefined) return WHOLE
  // A date is no strong validator here, for there is no Last-Modified to compare it to.
  if (condition !== undefined && condition !== etag) return WHOLE
  return selectRange(range, size)
}

/** Section 13.1.2: any, or a list; compared weakly. */
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

/** The last `length` bytes, or all where there are fewer. */
function suffix(length: number, size: number): Selection {
  if (length === 0) return { kind: 'unsatisfiable' }
  return size === 0 ? WHOLE : { kind: 'part', start: Math.max(size - length, 0), end: size }
}
