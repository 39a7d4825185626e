import type { MediaAdministration } from '../app.ts'

type Result<Method extends keyof MediaAdministration> = Awaited<ReturnType<MediaAdministration[Method]>>

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** Such as `1.5 MiB`. */
export function sizeText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1)
  const value = bytes / 1024 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`
}

/** What takes space, in the store and by user. */
export function usageText(usage: Result<'usage'>): string {
  const { store, media, media_bytes, contents, content_bytes, thumbnails, thumbnail_bytes, blocked } = usage
  return table([
    ['store', store],
    ['files', `${media}, ${sizeText(media_bytes)}`],
    ['stored contents', `${contents}, ${sizeText(content_bytes)} (equal files are stored once)`],
    ['thumbnails', `${thumbnails}, ${sizeText(thumbnail_bytes)}`],
    ['blocked contents', String(blocked)],
    ...usage.users.map(({ user_id, files, bytes }) => [user_id, `${files} files, ${sizeText(bytes)}`]),
  ])
}

/** One line for each file, in columns. */
export function mediaText(media: Result<'list'>): string {
  if (media.length === 0) return 'There are no files.'
  return table([
    ['FILE', 'USER', 'SIZE', 'TYPE', 'UPLOADED', 'LAST DOWNLOAD', 'NAME'],
    ...media.map((one) => [
      one.uri + (one.is_blocked ? ' (blocked)' : ''),
      one.user_id,
      sizeText(one.size),
      one.content_type,
      day(one.created_at),
      one.last_read_at === null ? 'never' : day(one.last_read_at),
      // A name is a text of a user: it must not control the terminal.
      (one.filename ?? '').replaceAll(/\p{C}/gu, '?'),
    ]),
  ])
}

/** One line for each blocked content, in columns. */
export function blockedText(blocked: Result<'blocked'>): string {
  if (blocked.length === 0) return 'Nothing is blocked.'
  return table([
    ['SHA-256', 'BLOCKED', 'FILES', 'SIZE'],
    ...blocked.map(({ sha256, blocked_at: at, files, size }) => [
      sha256,
      day(at),
      String(files ?? 0),
      size === null ? 'not stored' : sizeText(size),
    ]),
  ])
}

const day = (at: number) => new Date(at).toISOString().slice(0, 10)

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? []
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
