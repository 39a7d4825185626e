import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'

/**
 * Lets SQLite databases run out of space, and gives them space again. It applies to databases opened after
 * the call. A database opened while the disk is full gets no space.
 */
export type SmallDisk = {
  /** Allows no page beyond the existing ones. */
  fill(): void
  makeRoom(): void
}

/**
 * A size limit makes SQLite fail like a full disk, with SQLITE_FULL. The limit applies to a connection; the
 * writing connection is recognised by its pragma.
 */
export function smallDisk(t: TestContext): SmallDisk {
  const writers = new Set<DatabaseSync>()
  let isFull = false
  const exec: unknown = Reflect.get(DatabaseSync.prototype, 'exec')
  t.mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, sql: string) {
    if (sql.startsWith('pragma synchronous')) {
      writers.add(this)
      if (isFull) limit(this)
    }
    return Reflect.apply(exec as () => undefined, this, [sql])
  })
  // SQLite does not set a limit below the current size, and it uses free pages first.
  const limit = (writer: DatabaseSync) => {
    const pages = isFull ? 1 : 1_000_000_000
    Reflect.apply(exec as () => undefined, writer, [`pragma max_page_count = ${pages}`])
  }
  const become = (full: boolean) => {
    isFull = full
    for (const writer of writers) limit(writer)
  }
  return { fill: () => become(true), makeRoom: () => become(false) }
}
