import { AsyncLocalStorage } from 'node:async_hooks'
import type { Database } from './database.ts'
import type { Queries } from './query.ts'

/**
 * The same snapshots, of which one may be asked for within another: it is the outer one. With a connection of its own it could wait
 * for ever, for those that others hold who wait too.
 */
export function nestable(snapshot: Database['snapshot']): Database['snapshot'] {
  const current = new AsyncLocalStorage<{ read: Queries; isOpen: boolean }>()
  return (work) => {
    const outer = current.getStore()
    if (outer?.isOpen) return work(outer.read)
    return snapshot(async (read) => {
      const own = { read, isOpen: true }
      try {
        return await current.run(own, () => work(read))
      } finally {
        own.isOpen = false
      }
    })
  }
}
