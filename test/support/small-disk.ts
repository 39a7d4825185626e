import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'

/** Lets the SQLite databases that are opened from here on run out of space, and gives them space again. Those that are opened while it is full have none. */
export type SmallDisk = {
  /** Not a page more than they have. */
  fill(): void
  makeRoom(): void
}

/**
 * SQLite's own limit on the size of a database makes it fail as a disk without space does, with SQLITE_FULL. It holds for a
 * connection; the one that writes is known by its pragma.
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
  // It never goes below what there is, and free pages are used up first.
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
