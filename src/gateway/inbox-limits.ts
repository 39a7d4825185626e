import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import type { Queries } from '../storage/query.ts'
import type { InboxKey } from './inbox.ts'
import { allBytes, dropOldest, sizesOf, trimInbox, trimUser } from './inbox-limits-store.ts'

/** The limits of one inbox. The newest entries are kept. */
export const INBOX_SIZE = 100
export const INBOX_BYTES = 1_048_576
/** The limits of all inboxes of one user. The newest entries are kept. */
export const USER_ENTRIES = 1000
export const USER_BYTES = 4_194_304

/** The entries beyond `INBOX_SIZE` are removed when there are more than this. No reader gets them. */
const SPARE_ENTRIES = 10
const DROPPED_AT_ONCE = 200
/** An inbox or a user that was evicted is counted again. */
const MOST_KNOWN = 10_000

type Size = { entries: number; bytes: number }
/** `until`: it is counted again then. */
type KnownSize = Size & { until: number }

/** `maxBytes`: of all inboxes in total. `isShared`: other processes can add entries. */
export type InboxLimitOptions = { maxBytes: number; isShared: boolean; clock: Clock }

/** Other processes add entries that this one does not count. */
const COUNT_AGAIN_MS = 60_000

/**
 * Enforces the limits of inboxes in the transaction that adds an entry. Sizes are counted once and then kept
 * in memory, so that an entry within the limits needs no statement. A size in memory is only raised, also by
 * a transaction that is rolled back, and not lowered when entries are removed. One that exceeds its limit is
 * counted again, and so is each one after a minute if other processes add entries.
 */
export function createInboxLimits({ maxBytes, isShared, clock }: InboxLimitOptions) {
  const sizes = new BoundedMap<string, KnownSize>({ limit: MOST_KNOWN })
  let total: { bytes: number; until: number } | undefined
  const nextCount = () => (isShared ? clock.now() + COUNT_AGAIN_MS : Infinity)

  /** Adds an entry to a known size. True: the size is within these limits. */
  function fits(name: string, bytes: number, limit: Size): boolean {
    const size = sizes.get(name)
    if (size === undefined || size.until <= clock.now()) return false
    size.entries++
    size.bytes += bytes
    return size.entries <= limit.entries && size.bytes <= limit.bytes
  }

  async function trim(tx: Queries, inbox: InboxKey): Promise<void> {
    const { userId } = inbox
    const hasOwner = userId !== ''
    let removed = await tx.run(trimInbox, { ...inbox, entries: INBOX_SIZE, bytes: INBOX_BYTES })
    if (hasOwner) removed += await tx.run(trimUser, { userId, entries: USER_ENTRIES, bytes: USER_BYTES })
    // If this transaction is rolled back, it has removed nothing. So the size stays unknown until the next entry.
    const rows = removed > 0 ? undefined : await tx.all(sizesOf, { userId })
    setSize(
      inboxName(inbox),
      rows?.filter(({ pushkey }) => pushkey === inbox.pushkey),
    )
    if (hasOwner) setSize(userName(inbox), rows)
  }

  function setSize(name: string, rows: readonly Size[] | undefined): void {
    if (rows === undefined) sizes.delete(name)
    else sizes.set(name, { ...sizeOf(rows), until: nextCount() })
  }

  async function trimTotal(tx: Queries, bytes: number): Promise<void> {
    if (total === undefined || total.until <= clock.now()) total = await countTotal(tx)
    else total.bytes += bytes
    if (total.bytes <= maxBytes) return
    total = await countTotal(tx)
    while (total.bytes > maxBytes) {
      const dropped = await tx.all(dropOldest, { surplus: total.bytes - maxBytes, limit: DROPPED_AT_ONCE })
      if (dropped.length === 0) return
      total.bytes -= sumOf(dropped)
    }
  }

  const countTotal = async (tx: Queries) => ({
    bytes: (await tx.first(allBytes, {}))?.bytes ?? 0,
    until: nextCount(),
  })

  /** An entry was added in this transaction: removes the entries that exceed a limit because of it. */
  return async (tx: Queries, inbox: InboxKey, bytes: number): Promise<void> => {
    const inInbox = fits(inboxName(inbox), bytes, MOST_OF_INBOX)
    // Inboxes from the configuration have no owner. The operator limits their number.
    const ofUser = inbox.userId === '' || fits(userName(inbox), bytes, MOST_OF_USER)
    if (!inInbox || !ofUser) await trim(tx, inbox)
    await trimTotal(tx, bytes)
  }
}

const MOST_OF_INBOX: Size = { entries: INBOX_SIZE + SPARE_ENTRIES, bytes: INBOX_BYTES }
const MOST_OF_USER: Size = { entries: USER_ENTRIES, bytes: USER_BYTES }

const inboxName = ({ userId, pushkey }: InboxKey) => `${userId}\n${pushkey}`
const userName = ({ userId }: InboxKey) => userId

const sumOf = (rows: readonly { bytes: number }[]) => rows.reduce((sum, { bytes }) => sum + bytes, 0)

const sizeOf = (rows: readonly Size[]): Size => ({
  entries: rows.reduce((sum, { entries }) => sum + entries, 0),
  bytes: sumOf(rows),
})
