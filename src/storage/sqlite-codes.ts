export const SQLITE_BUSY = 5

/** SQLite's primary result code. */
export function errorCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}
