import { type Clock, steadyNow } from '../lib/clock.ts'

/**
 * The time of the database, which all its processes share: each heartbeat sets it, and the steady clock of
 * the process continues it. The wall clock of the process is used before the first heartbeat only, so clocks
 * of two machines may differ.
 */
export type DatabaseClock = Clock & {
  /** @param steadyAt when the database had this time, on the steady clock of this process */
  set(databaseNow: number, steadyAt: number): void
}

export function createDatabaseClock(own: Clock): DatabaseClock {
  let base = own.now()
  let since = steadyNow(own)
  return {
    ...own,
    steady: () => steadyNow(own),
    now: () => Math.round(base + steadyNow(own) - since),
    set(databaseNow, steadyAt) {
      base = databaseNow
      since = steadyAt
    },
  }
}
