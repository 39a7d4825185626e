/** Client-server API, "Serving inline content": these types run no script in a browser. */
const INLINE_TYPES: ReadonlySet<string> = new Set([
  'text/css',
  'text/plain',
  'text/csv',
  'application/json',
  'application/ld+json',
  'image/jpeg',
  'image/gif',
  'image/png',
  'image/apng',
  'image/webp',
  'image/avif',
  'video/mp4',
  'video/webm',
  'video/ogg',
  'video/quicktime',
  'audio/mp4',
  'audio/webm',
  'audio/aac',
  'audio/mpeg',
  'audio/ogg',
  'audio/wave',
  'audio/wav',
  'audio/x-wav',
  'audio/x-pn-wav',
  'audio/flac',
  'audio/x-flac',
])

export const DEFAULT_TYPE = 'application/octet-stream'
const MAX_TYPE_LENGTH = 255
/** RFC 9110, section 8.3.1: a media type with parameters, in printable ASCII. */
const MEDIA_TYPE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*;[\t\x20-\x7e]*)?$/

/** The type to store for an upload. A type that is absent or malformed counts as `application/octet-stream`. */
export function mediaTypeOf(header: string | undefined): string {
  const type = header?.trim() ?? ''
  return type.length <= MAX_TYPE_LENGTH && MEDIA_TYPE.test(type) ? type : DEFAULT_TYPE
}

/**
 * The header `Content-Disposition` (RFC 6266): `inline` for types of the specification's list only, else
 * `attachment`. A name beyond plain ASCII has the form of RFC 8187.
 */
export function dispositionOf(type: string, filename: string | undefined): string {
  const essence = type.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const kind = INLINE_TYPES.has(essence) ? 'inline' : 'attachment'
  if (filename === undefined || filename === '') return kind
  // A backslash or quote needs an escape, which clients read in different ways.
  if (/^[\x20-\x7e]+$/.test(filename) && !/["\\%]/.test(filename)) return `${kind}; filename="${filename}"`
  return `${kind}; filename*=utf-8''${encoded(filename)}`
}

/** `encodeURIComponent` leaves `'()*!` unencoded, of which RFC 8187 allows only `!`. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
