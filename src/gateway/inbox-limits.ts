import { BoundedMap } from '../lib/bounded-map.ts'
import type { Transaction } from '../storage/database.ts'
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

/**
 * Enforces the limits of inboxes in the transaction that adds an entry. Sizes are counted once and then kept in memory, so that an entry
 * within the limits needs no statement. A size in memory can be too large (a rolled back transaction, the sweep of old entries): a
 * size that exceeds its limit is counted again.
 *
 * @param maxBytes of all inboxes in total
 */
export function createInboxLimits(maxBytes: number) {
  const sizes = new BoundedMap<string, Size>({ limit: MOST_KNOWN })
  let total: number | undefined

  const lowerTotal = (tx: Transaction, bytes: number) => {
    if (bytes > 0) tx.onCommit(() => void (total !== undefined && (total -= bytes)))
  }

  /** Adds an entry to a known size. True: the size is within these limits. */
  function fits(name: string, bytes: number, limit: Size): boolean {
    const size = sizes.get(name)
    if (size === undefined) return false
    size.entries++
    size.bytes += bytes
    return size.entries <= limit.entries && size.bytes <= limit.bytes
  }

  async function trim(tx: Transaction, inbox: InboxKey): Promise<void> {
    const { userId } = inbox
    const removed = await tx.all(trimInbox, { ...inbox, entries: INBOX_SIZE, bytes: INBOX_BYTES })
    if (userId !== '')
      removed.push(...(await tx.all(trimUser, { userId, entries: USER_ENTRIES, bytes: USER_BYTES })))
    lowerTotal(tx, sumOf(removed))
    const rows = await tx.all(sizesOf, { userId })
    const ofInbox = rows.filter(({ pushkey }) => pushkey === inbox.pushkey)
    learn(tx, inboxName(inbox), sizeOf(ofInbox))
    if (userId !== '') learn(tx, userName(inbox), sizeOf(rows))
  }

  /** Until the commit the size is unknown, because a transaction that is rolled back removes nothing. */
  function learn(tx: Transaction, name: string, size: Size): void {
    sizes.delete(name)
    tx.onCommit(() => sizes.set(name, size))
  }

  async function trimTotal(tx: Transaction, bytes: number): Promise<void> {
    total = total === undefined ? await countAll(tx) : total + bytes
    if (total <= maxBytes) return
    total = await countAll(tx)
    let surplus = total - maxBytes
    while (surplus > 0) {
      const dropped = sumOf(await tx.all(dropOldest, { surplus, limit: DROPPED_AT_ONCE }))
      if (dropped === 0) return
      lowerTotal(tx, dropped)
      surplus -= dropped
    }
  }

  return {
    /** An entry was added in this transaction: removes the entries that exceed a limit because of it. */
    async added(tx: Transaction, inbox: InboxKey, bytes: number): Promise<void> {
      const inInbox = fits(inboxName(inbox), bytes, MOST_OF_INBOX)
      // Inboxes from the configuration have no owner. The operator limits their number.
      const ofUser = inbox.userId === '' || fits(userName(inbox), bytes, MOST_OF_USER)
      if (!inInbox || !ofUser) await trim(tx, inbox)
      await trimTotal(tx, bytes)
    },
    /** Entries of this size in total were removed in this transaction. */
    removed: lowerTotal,
  }
}

const MOST_OF_INBOX: Size = { entries: INBOX_SIZE + SPARE_ENTRIES, bytes: INBOX_BYTES }
const MOST_OF_USER: Size = { entries: USER_ENTRIES, bytes: USER_BYTES }

const inboxName = ({ userId, pushkey }: InboxKey) => `${userId}\n${pushkey}`
const userName = ({ userId }: InboxKey) => userId

export const sumOf = (rows: readonly { bytes: number }[]) => rows.reduce((sum, { bytes }) => sum + bytes, 0)

const sizeOf = (rows: readonly Size[]): Size => ({
  entries: rows.reduce((sum, { entries }) => sum + entries, 0),
  bytes: sumOf(rows),
})

const countAll = async (tx: Queries) => (await tx.first(allBytes, {}))?.bytes ?? 0
