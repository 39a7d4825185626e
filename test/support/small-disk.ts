import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'

/** Lets the SQLite databases that are opened from here on run out of space, and gives them space again. */
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
  const exec: unknown = Reflect.get(DatabaseSync.prototype, 'exec')
  t.mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, sql: string) {
    if (sql.startsWith('pragma synchronous')) writers.add(this)
    return Reflect.apply(exec as () => undefined, this, [sql])
  })
  const limit = (pages: number) => {
    for (const writer of writers) writer.exec(`pragma max_page_count = ${pages}`)
  }
  return {
    // It never goes below what there is, and free pages are used up first.
    fill: () => limit(1),
    makeRoom: () => limit(1_000_000_000),
  }
}
