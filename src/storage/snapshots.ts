import { AsyncLocalStorage } from 'node:async_hooks'
import type { Database } from './database.ts'
import type { Queries } from './query.ts'

/**
 * Makes a snapshot inside another snapshot return the outer one. With a second connection it could deadlock:
 * each reader would hold one connection and wait for another.
 */
export function nestable(snapshot: Database['snapshot']): Database['snapshot'] {
  const current = new AsyncLocalStorage<{ read: Queries; isOpen: boolean }>()
  return (work, options) => {
    const outer = current.getStore()
    if (outer?.isOpen) return work(outer.read)
    return snapshot(async (read) => {
      const own = { read, isOpen: true }
      try {
        return await current.run(own, () => work(read))
      } finally {
        own.isOpen = false
      }
    }, options)
  }
}
